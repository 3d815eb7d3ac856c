import type { FlamingoConfigInput } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation v: one fusion layer, in the middle. */
export default { ...baseline, fusion: { kind: "gated-cross-attention-dense", placement: "single" } } satisfies FlamingoConfigInput;
