import type { FlamingoConfigInput } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation iv: VANILLA XATTN: cross-attention inside each block, no dense layer. */
export default { ...baseline, fusion: { kind: "vanilla-cross-attention" } } satisfies FlamingoConfigInput;
