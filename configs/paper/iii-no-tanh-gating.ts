import type { FlamingoConfigInput } from "../../src/model/config.ts";
import baseline from "./flamingo-3b.ts";

/** Ablation iii: no tanh gates. */
export default { ...baseline, fusion: { kind: "gated-cross-attention-dense", gate: "none" } } satisfies FlamingoConfigInput;
