import type { Prompt } from "../task/task.ts";
import { commandLine } from "./command-line.ts";
import type { CopyContext } from "./context.ts";
import { curl } from "./curl.ts";
import { library } from "./library.ts";
import { openaiClient } from "./openai-client.ts";

/** A way to ask the same elsewhere. */
export interface CopyFormat {
  readonly name: string;
  readonly hint: string;
  readonly write: (prompt: Prompt, context: CopyContext) => string;
}

export const copyFormats: readonly CopyFormat[] = [
  { name: "TypeScript", hint: "npm install openai", write: openaiClient },
  { name: "Library", hint: "npm install flamingo-vlm: no server is needed", write: library },
  { name: "curl", hint: "in a shell", write: curl },
  { name: "Command line", hint: "in a shell, in an empty folder: the pictures become files", write: commandLine },
];

/** Without most of the pictures, for people to read. */
export function shortened(code: string): string {
  return code.replace(/([A-Za-z0-9+/]{24})[A-Za-z0-9+/]{40,}={0,2}/g, "$1…");
}
