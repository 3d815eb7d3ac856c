import type { FlamingoConfigInput } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation vi: a Transformer as resampler. */
export default { ...baseline, resampler: { kind: "transformer" } } satisfies FlamingoConfigInput;
