import type { FlamingoConfigInput } from "../../src/model/config.ts";
import baseline from "./flamingo-3b.ts";

/** Ablation vi: an MLP as resampler. */
export default { ...baseline, resampler: { kind: "mlp" } } satisfies FlamingoConfigInput;
