import * as row from "../../paper/flamingo-3b.ts";
import { ablation } from "../ablation.ts";

export default ablation("flamingo-3b", row);
