import * as row from "../../paper/iv-grafting.ts";
import { ablation } from "../ablation.ts";

export default ablation("iv-grafting", row);
