import type { DocumentPiece, InterleavedDocument } from "flamingo-vlm/data";
import type { EpisodeChunk } from "./episodes.ts";

/** An episode with pictures: `<image>a dax<|endofchunk|><image>…`. Only what follows from the pictures and from earlier examples is learnt. */
export function pictureDocument<Picture>(episode: readonly EpisodeChunk<Picture>[]): InterleavedDocument<Picture> {
  return episode.flatMap(({ picture, prompt, answer, derivable }): DocumentPiece<Picture>[] => [
    { kind: "media", medium: picture },
    ...said(prompt, answer, derivable),
  ]);
}

/**
 * The same episode in words: each description stands before the marker, where the picture's content would enter:
 * `fruit red round<image>a dax<|endofchunk|>`. The markers stand for nothing here.
 */
export function wordDocument(episode: readonly EpisodeChunk<string>[]): InterleavedDocument<undefined> {
  return episode.flatMap(({ picture, prompt, answer, derivable }): DocumentPiece<undefined>[] => [
    { kind: "text", text: picture, learn: false },
    { kind: "media", medium: undefined },
    ...said(prompt, answer, derivable),
  ]);
}

function said(prompt: string, answer: string, derivable: boolean): DocumentPiece<never>[] {
  const given: DocumentPiece<never>[] = prompt === "" ? [] : [{ kind: "text", text: prompt, learn: false }];
  return [...given, { kind: "text", text: answer, learn: derivable }, { kind: "endOfChunk", learn: true }];
}
