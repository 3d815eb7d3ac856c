import * as row from "../../paper/viii-lm-from-scratch.ts";
import { ablation } from "../ablation.ts";

export default ablation("viii-lm-from-scratch", row);
