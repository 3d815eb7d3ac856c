import { visionTraining } from "./vision.ts";

export default visionTraining("nfnet-f0");
