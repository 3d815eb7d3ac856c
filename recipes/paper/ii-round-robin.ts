import type { FlamingoConfigInput } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation ii: one data set per update, in turn, in the place of gradients added up. */
export default baseline satisfies FlamingoConfigInput;

/** How training differs from the paper's. */
export const training = { combine: "round-robin" } as const;
