import { visionTraining } from "./vision.ts";

export default visionTraining("clip-vit-l-14");
