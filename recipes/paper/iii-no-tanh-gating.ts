import type { FlamingoConfigInput } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation iii: no tanh gates. */
export default { ...baseline, fusion: { kind: "gated-cross-attention-dense", gate: "none" } } satisfies FlamingoConfigInput;
