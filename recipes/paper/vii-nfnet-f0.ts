import { type FlamingoConfigInput, visionSizes } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation vii: NFNet-F0 as vision encoder. */
export default { ...baseline, vision: visionSizes["nfnet-f0"] } satisfies FlamingoConfigInput;
