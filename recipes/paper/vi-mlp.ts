import type { FlamingoConfigInput } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation vi: an MLP as resampler. */
export default { ...baseline, resampler: { kind: "mlp" } } satisfies FlamingoConfigInput;
