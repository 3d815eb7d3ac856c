import * as row from "../../paper/i-laion.ts";
import { ablation } from "../ablation.ts";

export default ablation("i-laion", row);
