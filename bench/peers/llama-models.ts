import { gemma3File } from "../../tools/gemma3-file.ts";
import { smollm2File } from "../../tools/smollm2-file.ts";

/** What llama.cpp and we read from the same files. */
export const llamaModels = [
  { name: "SmolLM2-135M, Q4_1 file", file: smollm2File, entries: 49_152, tool: "ensure-smollm2.ts" },
  { name: "Gemma 3 270M, Q4_K_M file", file: gemma3File, entries: 262_144, tool: "ensure-gemma3.ts" },
] as const;
