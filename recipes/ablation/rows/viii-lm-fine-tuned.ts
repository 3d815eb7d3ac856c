import * as row from "../../paper/viii-lm-fine-tuned.ts";
import { ablation } from "../ablation.ts";

export default ablation("viii-lm-fine-tuned", row);
