import * as row from "../../paper/vii-clip-vit-l-14.ts";
import { ablation } from "../ablation.ts";

export default ablation("vii-clip-vit-l-14", row);
