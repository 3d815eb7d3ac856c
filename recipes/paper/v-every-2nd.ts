import type { FlamingoConfigInput } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation v: a fusion layer before every 2nd block. */
export default { ...baseline, fusion: { kind: "gated-cross-attention-dense", every: 2 } } satisfies FlamingoConfigInput;
