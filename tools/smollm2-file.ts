import { join } from "node:path";
import { smollm2 } from "../recipes/small/smollm2.ts";

/** Where SmolLM2-135M-Instruct's weights are expected. */
export const smollm2File: string = join(import.meta.dirname, "../data/smollm2", smollm2.file);
