import * as row from "../../paper/v-every-4th.ts";
import { ablation } from "../ablation.ts";

export default ablation("v-every-4th", row);
