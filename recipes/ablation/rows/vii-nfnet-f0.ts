import * as row from "../../paper/vii-nfnet-f0.ts";
import { ablation } from "../ablation.ts";

export default ablation("vii-nfnet-f0", row);
