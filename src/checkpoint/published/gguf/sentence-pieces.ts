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
  // SentencePiece looks for them where spaces are marks already. With a mark before each text they would get one too, and are looked for as they are written.
  const added = (json["added_tokens"] as readonly { readonly special: boolean }[]).map((token) => ({ ...token, normalized: !token.special && !spaceBefore }));
  return {
    ...json,
    added_tokens: added,
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

/** Each way to make a piece of two others, the highest scores first. Of pieces with the same score those come first whose first half is longer. */
function mergesOf(vocabulary: readonly string[], scores: readonly number[], isPiece: (id: number) => boolean): readonly Halves[] {
  const pieces = new Set(vocabulary.filter((_, id) => isPiece(id)));
  const inOrder = vocabulary.flatMap((_, id) => (isPiece(id) ? [id] : [])).sort((a, b) => scores[b]! - scores[a]!);
  const merges: Halves[] = [];
  for (let start = 0; start < inOrder.length; ) {
    let end = start;
    const alike: Halves[] = [];
    for (; end < inOrder.length && scores[inOrder[end]!] === scores[inOrder[start]!]; end++) alike.push(...halvesOf(vocabulary[inOrder[end]!]!, pieces));
    if (end > start + 1) alike.sort(([a], [b]) => [...b].length - [...a].length);
    merges.push(...alike);
    start = end;
  }
  return merges;
}

type Halves = readonly [left: string, right: string];

/** The longest first half first. */
function halvesOf(piece: string, pieces: ReadonlySet<string>): Halves[] {
  const found: Halves[] = [];
  let at = 0;
  for (const character of piece) {
    at += character.length;
    const [left, right] = [piece.slice(0, at), piece.slice(at)];
    if (pieces.has(left) && pieces.has(right)) found.unshift([left, right]);
  }
  return found;
}
