import type { FlamingoConfigInput } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation viii: the language model trained from random weights. */
export default { ...baseline, freeze: { language: false } } satisfies FlamingoConfigInput;

/** How training differs from the paper's. */
export const training = { languageWeights: "random" } as const;
