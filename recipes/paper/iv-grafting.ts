import type { FlamingoConfigInput } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation iv: GRAFTING: a new stack on top of the language model. */
export default { ...baseline, fusion: { kind: "grafting" } } satisfies FlamingoConfigInput;
