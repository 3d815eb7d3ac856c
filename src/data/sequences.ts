/** Token sequences of pairs and of pages, as the paper trains on them (Alayrac et al., 2022, appendix A.3.1 and A.4.1). */
import * as z from "zod";
import { type DocumentPiece, type InterleavedDocument, type Markers, type TokenizedDocument, tokenizeDocument } from "./document.ts";
import type { Random } from "./random.ts";
import type { Sample, SampleMedium } from "./samples/sample.ts";
import type { Tokenizer } from "./tokenizer.ts";

const probability = z.number().min(0).max(1);

export const sequenceConfig = z
  .strictObject({
    /** Longest sequence, markers counted: of a page a window of so many tokens. Default: 256 for pages, 32 for pairs; the paper has 32 or 64 for pairs. */
    tokens: z.number().int().min(8).max(65_536).optional(),
    /** Pictures, and videos, in the window of a page. With fewer it is left out; more are left out of it, with all that marks them. The paper has up to 5; a window without any teaches nothing where the language model is frozen. */
    leastPictures: z.number().int().nonnegative().default(1),
    mostPictures: z.number().int().nonnegative().max(256).default(5),
    /** How often a window with a single picture is kept: 0.5 in OpenFlamingo. */
    singlePicture: probability.default(1),
    /** p_next: how often all text of a page sees the picture after it, not the one before. */
    nextPicture: probability.default(0.5),
    /** How often a caption begins with a space. */
    leadingSpace: probability.default(0.5),
    /** What is to be predicted: `all` text, or only what sees a picture (`seen`, as OpenFlamingo has it). Markers of pictures never are. */
    learn: z.enum(["all", "seen"]).default("all"),
  })
  .refine(({ leastPictures, mostPictures }) => leastPictures <= mostPictures, '"leastPictures" is more than "mostPictures"');
export type SequenceConfig = z.output<typeof sequenceConfig>;

export interface SequenceMarkers extends Markers {
  /** Ends a document, as LLaMA's `</s>`. */
  readonly end?: string | undefined;
}

type Sequence = TokenizedDocument<SampleMedium>;

/**
 * @param random - the same numbers give the same sequence
 * @returns undefined where the sample gives none: a window with too few pictures, a picture without text
 */
export function sequenceOf(sample: Sample, config: SequenceConfig, tokenizer: Tokenizer, markers: SequenceMarkers, random: Random): Sequence | undefined {
  return sample.form === "pair" ? pairSequence(sample, config, tokenizer, markers, random) : pageSequence(sample, config, tokenizer, markers, random);
}

/** `<start><image>caption<endOfChunk><end>`; a caption that is cut ends with nothing, since it has not ended. */
function pairSequence({ pieces, joint }: Sample, config: SequenceConfig, tokenizer: Tokenizer, markers: SequenceMarkers, random: Random): Sequence | undefined {
  const space = random.chance(config.leadingSpace) ? " " : "";
  const pictures = pieces.filter((piece) => piece.kind !== "text").slice(0, config.mostPictures);
  const caption = joined(
    pieces.flatMap((piece) => (piece.kind === "text" ? [piece.text] : [])),
    joint,
  );
  if (caption === "" || pictures.length < config.leastPictures) return undefined;
  const document: InterleavedDocument<SampleMedium> = [
    ...pictures.map((medium) => ({ kind: "media", medium }) as const),
    { kind: "text", text: space + caption, learn: true },
    { kind: "endOfChunk", learn: true },
  ];
  const sequence = withEnd(tokenizeDocument(document, tokenizer, markers), tokenizer, markers);
  return learnt(cut(sequence, config.tokens ?? 32), config);
}

/** A window of a page. It begins anywhere with the same probability; a page that is shorter is there whole. */
function pageSequence(sample: Sample, config: SequenceConfig, tokenizer: Tokenizer, markers: SequenceMarkers, random: Random): Sequence | undefined {
  const next = random.chance(config.nextPicture);
  const single = random.chance(config.singlePicture);
  const { tokens: length = 256, leastPictures, mostPictures } = config;
  const page = pageDocument(sample, mostPictures === 0 ? 0 : Number.POSITIVE_INFINITY);
  const lengths = page.map((piece) => pieceLength(piece, tokenizer, markers));
  const total = lengths.reduce((sum, each) => sum + each, 0);
  let skipped = random.integer(0, Math.max(0, total - length));
  let first = 0;
  while (first < page.length && skipped >= lengths[first]!) skipped -= lengths[first++]!;
  // What marks a picture is there whole or not at all, and what ends a chunk is nothing at the beginning.
  if (page[first]?.kind !== "text") skipped = 0;
  if (page[first]?.kind === "endOfChunk") first++;
  const begun = page.slice(first);
  const { start, ...without } = markers;
  const rest = withEnd(tokenizeDocument(withPictures(begun, mostPictures, sample.joint), tokenizer, without, first === 0), tokenizer, markers);
  const begin = start === undefined ? [] : [tokenizer.special(start)];
  const image = tokenizer.special(markers.image);
  const window = cut(
    {
      tokens: [...begin, ...rest.tokens.slice(skipped)],
      learnt: [...begin.map(() => false), ...rest.learnt.slice(skipped)],
      mediaOf: [...begin.map(() => -1), ...rest.mediaOf.slice(skipped)],
      media: rest.media,
    },
    length,
  );
  const shown = next ? seeingNext(window, image) : withoutLastMarker(window, image);
  if (shown.media.length < leastPictures || (shown.media.length === 1 && !single) || shown.tokens.length < 2) return undefined;
  return learnt(shown, config);
}

type Piece = DocumentPiece<SampleMedium>;

/** The page as one document: the end of a chunk before each picture but a first one, and at the end. */
function pageDocument({ pieces, joint }: Sample, most: number): Piece[] {
  const document: Piece[] = pieces.flatMap((piece): Piece[] =>
    piece.kind !== "text"
      ? [
          { kind: "endOfChunk", learn: true },
          { kind: "media", medium: piece },
        ]
      : [{ kind: "text", text: piece.text, learn: true }],
  );
  const whole = withPictures(document, most, joint);
  return whole.length === 0 ? [] : [...whole, { kind: "endOfChunk", learn: true }];
}

/** The document as if it had only so many pictures, the first ones: texts on both sides of another are one text. */
function withPictures(document: readonly Piece[], most: number, joint: string): Piece[] {
  const result: Piece[] = [];
  let pictures = 0;
  for (const piece of document) {
    const last = result.at(-1);
    if (piece.kind === "media") {
      if (pictures++ < most) result.push(piece);
      else if (last?.kind === "endOfChunk") result.pop();
    } else if (piece.kind === "endOfChunk") {
      if (last !== undefined && last.kind !== "endOfChunk") result.push(piece);
    } else {
      const text = piece.text.trim();
      if (text === "") continue;
      if (last?.kind === "text") result[result.length - 1] = { ...last, text: last.text + joint + text };
      else result.push({ ...piece, text });
    }
  }
  return result;
}

function joined(texts: readonly string[], joint: string): string {
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .join(joint);
}

function pieceLength(piece: Piece, tokenizer: Tokenizer, { start: _, ...markers }: SequenceMarkers): number {
  return tokenizeDocument([piece], tokenizer, markers, false).tokens.length;
}

function withEnd(sequence: Sequence, tokenizer: Tokenizer, { end }: SequenceMarkers): Sequence {
  if (end === undefined) return sequence;
  const { tokens, learnt, mediaOf, media } = sequence;
  return { tokens: [...tokens, tokenizer.special(end)], learnt: [...learnt, true], mediaOf: [...mediaOf, media.length - 1], media };
}

/** The first tokens, and the media whose markers are among them. */
function cut({ tokens, learnt, mediaOf, media }: Sequence, length: number): Sequence {
  const seen = mediaOf.slice(0, length);
  return { tokens: tokens.slice(0, length), learnt: learnt.slice(0, length), mediaOf: seen, media: media.slice(0, 1 + Math.max(-1, ...seen)) };
}

/** A marker at the end marks a picture of which nothing is said. */
function withoutLastMarker(sequence: Sequence, image: number): Sequence {
  const { tokens, media } = sequence;
  if (tokens.at(-1) !== image) return sequence;
  return { ...cut(sequence, tokens.length - 1), media: media.slice(0, -1) };
}

/** Every token sees the first picture whose marker is at or after it; after the last one there is none to see. */
function seeingNext(sequence: Sequence, image: number): Sequence {
  let medium = sequence.media.length;
  const mediaOf = sequence.tokens.map(() => -1);
  for (let i = mediaOf.length - 1; i >= 0; i--) {
    if (sequence.tokens[i] === image) medium--;
    mediaOf[i] = medium < sequence.media.length ? medium : -1;
  }
  return { ...sequence, mediaOf };
}

function learnt(sequence: Sequence, { learn }: SequenceConfig): Sequence {
  return learn === "all" ? sequence : { ...sequence, learnt: sequence.learnt.map((each, i) => each && sequence.mediaOf[i]! >= 0) };
}
