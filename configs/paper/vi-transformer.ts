import type { FlamingoConfigInput } from "../../src/model/config.ts";
import baseline from "./flamingo-3b.ts";

/** Ablation vi: a Transformer as resampler. */
export default { ...baseline, resampler: { kind: "transformer" } } satisfies FlamingoConfigInput;
