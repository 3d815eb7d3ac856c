import * as row from "../../paper/i-without-image-text.ts";
import { ablation } from "../ablation.ts";

export default ablation("i-without-image-text", row);
