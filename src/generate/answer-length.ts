import type { Flamingo } from "./flamingo-model.ts";

/** Tokens of an answer where nobody says how many, as far as they fit. */
export const longestUnasked = 256;

/** Tokens that an answer may have after a prompt of so many: its last one is only said, not read. */
export function roomAfter({ folder }: Flamingo, promptTokens: number): number {
  return folder.config.language.maxTokens - promptTokens + 1;
}
