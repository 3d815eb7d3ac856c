import * as row from "../../paper/iv-vanilla-xattn.ts";
import { ablation } from "../ablation.ts";

export default ablation("iv-vanilla-xattn", row);
