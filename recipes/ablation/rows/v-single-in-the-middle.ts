import * as row from "../../paper/v-single-in-the-middle.ts";
import { ablation } from "../ablation.ts";

export default ablation("v-single-in-the-middle", row);
