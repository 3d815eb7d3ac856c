import type { PieceCounts } from "../byte-pair-training.ts";
import type { SampleStream } from "./sample-stream.ts";

/**
 * Counts the texts of a data set's samples, each once, in the order in which they are drawn.
 * @param characters - after so many the rest is left: memory and time are bounded, whatever the data set's size
 * @throws DataError as the stream does
 */
export async function countTexts(stream: SampleStream, characters: number, counts: PieceCounts): Promise<void> {
  const most = counts.characters + characters;
  while (counts.characters < most) {
    const drawn = await stream.draw(1);
    if (drawn === undefined) return;
    for (const piece of drawn.sample.pieces) if (piece.kind === "text") counts.add(piece.text);
  }
}
