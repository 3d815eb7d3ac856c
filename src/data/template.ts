import type { DocumentPiece, InterleavedDocument, Markers } from "./document.ts";
import { DataError } from "./errors.ts";

/**
 * A document written as one text with markers in it, as the Python implementations take prompts: `<image>a dax<|endofchunk|><image>`. Only here do markers in a
 * text mean anything.
 * @throws DataError when there are more or fewer markers than media
 */
export function documentFromTemplate<Medium>(
  written: string,
  media: readonly Medium[],
  { image, endOfChunk, start, aroundImage }: Markers,
): InterleavedDocument<Medium> {
  // What a document gets by itself may be written too, as the Python implementations show it.
  const begun = start !== undefined && written.startsWith(start) ? written.slice(start.length) : written;
  const template = aroundImage === undefined ? begun : begun.replaceAll(aroundImage, "");
  const markers = template.split(image).length - 1;
  if (markers !== media.length) {
    throw new DataError(
      `the prompt has ${markers} ${image} ${markers === 1 ? "marker" : "markers"} for ${media.length} ${media.length === 1 ? "picture" : "pictures"}; write one marker for each picture, where it belongs`,
    );
  }
  return template
    .split(image)
    .flatMap((text, i): DocumentPiece<Medium>[] => [...(i === 0 ? [] : [{ kind: "media", medium: media[i - 1]! } as const]), ...textPieces(text, endOfChunk)]);
}

function textPieces(text: string, endOfChunk: string): DocumentPiece<never>[] {
  return text
    .split(endOfChunk)
    .flatMap((part, i): DocumentPiece<never>[] => [
      ...(i === 0 ? [] : [{ kind: "endOfChunk", learn: false } as const]),
      ...(part === "" ? [] : [{ kind: "text", text: part, learn: false } as const]),
    ]);
}
