import * as row from "../../paper/i-without-m3w.ts";
import { ablation } from "../ablation.ts";

export default ablation("i-without-m3w", row);
