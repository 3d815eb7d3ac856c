import type { FlamingoConfigInput } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation v: a fusion layer before every 4th block. */
export default { ...baseline, fusion: { kind: "gated-cross-attention-dense", every: 4 } } satisfies FlamingoConfigInput;
