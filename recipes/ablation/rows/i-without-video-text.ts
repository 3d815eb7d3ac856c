import * as row from "../../paper/i-without-video-text.ts";
import { ablation } from "../ablation.ts";

export default ablation("i-without-video-text", row);
