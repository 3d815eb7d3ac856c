import * as row from "../../paper/ii-round-robin.ts";
import { ablation } from "../ablation.ts";

export default ablation("ii-round-robin", row);
