import * as row from "../../paper/iii-no-tanh-gating.ts";
import { ablation } from "../ablation.ts";

export default ablation("iii-no-tanh-gating", row);
