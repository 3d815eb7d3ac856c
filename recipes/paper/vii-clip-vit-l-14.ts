import { type FlamingoConfigInput, visionSizes } from "flamingo-vlm/model";
import baseline from "./flamingo-3b.ts";

/** Ablation vii: CLIP ViT-L/14 as vision encoder. */
export default { ...baseline, vision: visionSizes["clip-vit-l-14"] } satisfies FlamingoConfigInput;
