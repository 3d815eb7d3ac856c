import type { Ranks } from "./ranks.ts";

/** @returns the texts of all ranks, in order of rank */
export async function gatherText(ranks: Ranks, text: string): Promise<readonly string[]> {
  if (ranks.size === 1) return [text];
  const bytes = new TextEncoder().encode(text);
  const lengths = await ranks.gather(Float32Array.of(bytes.length));
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const padded = new Float32Array(longest);
  padded.set(bytes);
  const all = await ranks.gather(padded);
  return [...lengths].map((length, rank) => new TextDecoder().decode(Uint8Array.from(all.subarray(rank * longest, rank * longest + length))));
}
