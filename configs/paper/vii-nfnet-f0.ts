import type { FlamingoConfigInput } from "../../src/model/config.ts";
import { visionSizes } from "../../src/model/vision/sizes.ts";
import baseline from "./flamingo-3b.ts";

/** Ablation vii: NFNet-F0 as vision encoder. */
export default { ...baseline, vision: visionSizes["nfnet-f0"] } satisfies FlamingoConfigInput;
