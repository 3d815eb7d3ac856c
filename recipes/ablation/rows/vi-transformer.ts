import * as row from "../../paper/vi-transformer.ts";
import { ablation } from "../ablation.ts";

export default ablation("vi-transformer", row);
