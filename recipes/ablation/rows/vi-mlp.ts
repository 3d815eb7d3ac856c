import * as row from "../../paper/vi-mlp.ts";
import { ablation } from "../ablation.ts";

export default ablation("vi-mlp", row);
