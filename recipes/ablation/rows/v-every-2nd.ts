import * as row from "../../paper/v-every-2nd.ts";
import { ablation } from "../ablation.ts";

export default ablation("v-every-2nd", row);
