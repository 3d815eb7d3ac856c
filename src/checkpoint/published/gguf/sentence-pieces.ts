/** A vocabulary of SentencePiece's byte pairs, which has a score for each piece, as a `tokenizer.json`, which has merges: as transformers converts it. */
import { type BytePairs, bytePairJson } from "../../../data/byte-pair-json.ts";

export interface SentencePieces extends Pick<BytePairs, "vocabulary" | "specialTokens" | "foundInText"> {
  /** Of each entry; the highest is merged first. */
  readonly scores: readonly number[];
  /** Whether text can become the entry by merging. */
  readonly isPiece: (id: number) => boolean;
  /** Stands for what is not in the vocabulary, where bytes are not. */
  readonly unknown?: string | undefined;
  /** Whether a space is put before a text. */
  readonly spaceBefore: boolean;
}

/** Stands for a space. */
const mark = "▁";

export function sentencePieceJson({ scores, isPiece, unknown, spaceBefore, ...pairs }: SentencePieces): Record<string, unknown> {
  const spaces = { type: "Replace", pattern: { String: " " }, content: mark };
  const json = bytePairJson({ ...pairs, merges: mergesOf(pairs.vocabulary, scores, isPiece) });
  return {
    ...json,
    normalizer: spaceBefore ? { type: "Sequence", normalizers: [{ type: "Prepend", prepend: mark }, spaces] } : spaces,
    pre_tokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: mark }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        ...(spaceBefore ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
      ],
    },
    model: { ...(json["model"] as object), unk_token: unknown ?? null, fuse_unk: true, byte_fallback: true },
  };
}

/** Each way to make a piece of two others. Pieces of the same score: those whose first half is longer come first. */
function mergesOf(vocabulary: readonly string[], scores: readonly number[], isPiece: (id: number) => boolean): readonly (readonly [string, string])[] {
  const pieces = new Set(vocabulary.filter((_, id) => isPiece(id)));
  const merges: { readonly halves: readonly [string, string]; readonly score: number; readonly left: number }[] = [];
  for (const [id, piece] of vocabulary.entries()) {
    if (!isPiece(id)) continue;
    let left = 0;
    let at = 0;
    for (const character of piece) {
      left++;
      at += character.length;
      const halves = [piece.slice(0, at), piece.slice(at)] as const;
      if (pieces.has(halves[0]) && pieces.has(halves[1])) merges.push({ halves, score: scores[id]!, left });
    }
  }
  return merges.sort((a, b) => b.score - a.score || b.left - a.left).map(({ halves }) => halves);
}
