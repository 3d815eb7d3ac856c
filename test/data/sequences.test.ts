import fastCheck from "fast-check";
import { describe, expect, test } from "vitest";
import tokenizerJson from "../../models/nano/tokenizer.json" with { type: "json" };
import type { TokenizedDocument } from "../../src/data/document.ts";
import { Random } from "../../src/data/random.ts";
import type { Sample, SampleMedium, SamplePicture, SamplePiece } from "../../src/data/samples/sample.ts";
import { type SequenceConfig, sequenceConfig, sequenceOf } from "../../src/data/sequences.ts";
import { Tokenizer } from "../../src/data/tokenizer.ts";

const tokenizer = Tokenizer.fromJson(tokenizerJson);
const markers = { image: "<image>", endOfChunk: "<|endofchunk|>" };
const [image, endOfChunk] = [tokenizer.special(markers.image), tokenizer.special(markers.endOfChunk)];

const text = (words: string): SamplePiece => ({ kind: "text", text: words });
const picture = (name: string): SamplePicture => ({ kind: "picture", name, file: name });
const page = (...pieces: SamplePiece[]): Sample => ({ key: "page", form: "page", joint: " ", pieces });
const pair = (caption: string): Sample => ({ key: "pair", form: "pair", joint: " ", pieces: [picture("p"), text(caption)] });

type Sequence = TokenizedDocument<SampleMedium>;
const sequence = (sample: Sample, config: Partial<SequenceConfig>, seed = 0, marked: object = markers): Sequence | undefined =>
  sequenceOf(sample, sequenceConfig.parse({ nextPicture: 0, leadingSpace: 0, ...config }), tokenizer, marked as typeof markers, new Random(seed));

/** As people read it: markers spelled out, each picture with its name. */
function shown({ tokens, media }: Sequence): string {
  let medium = 0;
  let result = "";
  let run: number[] = [];
  const flush = (): void => {
    result += tokenizer.decode(run);
    run = [];
  };
  for (const token of tokens) {
    if (token !== image && token !== endOfChunk) run.push(token);
    else {
      flush();
      result += token === image ? `[${media[medium++]!.name}]` : "|";
    }
  }
  flush();
  expect(medium).toBe(media.length);
  return result;
}

describe("pairs", () => {
  test("picture, caption, the end of the chunk, all but the marker to be learnt", () => {
    const whole = sequence(pair(" a cat on a mat\n"), {})!;
    expect(shown(whole)).toBe("[p]a cat on a mat|");
    expect(whole.learnt).toEqual(whole.tokens.map((token) => token !== image));
    expect(whole.mediaOf.every((medium) => medium === 0)).toBe(true);
  });

  test("a caption begins with a space as often as is said; the paper: one in two", () => {
    const spaces = (leadingSpace: number): number =>
      Array.from({ length: 400 }, (_, seed) => shown(sequence(pair("cat"), { leadingSpace }, seed)!)).filter((each) => each === "[p] cat|").length;
    expect([spaces(0), spaces(1)]).toEqual([0, 400]);
    expect(Math.abs(spaces(sequenceConfig.parse({}).leadingSpace) - 200)).toBeLessThan(40);
  });

  test("of at most 32 tokens, or so many as are said; a caption that is cut has no end", () => {
    const long = pair("one two three four five six seven eight nine ten ".repeat(10));
    expect(sequence(long, {})!.tokens.length).toBe(32);
    expect(sequence(long, { tokens: 64 })!.tokens.length).toBe(64);
    expect(sequence(long, {})!.tokens).not.toContain(endOfChunk);
  });

  test("start and end of a document, where the language model knows such", () => {
    // Any two special tokens serve.
    const marked = { ...markers, start: "<|padding|>", end: "<|padding|>" };
    const padding = tokenizer.special("<|padding|>");
    const { tokens, learnt } = sequence(pair("cat"), {}, 0, marked)!;
    expect([tokens[0], tokens[1], tokens.at(-2), tokens.at(-1)]).toEqual([padding, image, endOfChunk, padding]);
    expect([learnt[0], learnt.at(-1)]).toEqual([false, true]);
  });

  test("without a caption there is none", () => {
    expect(sequence(pair("  \n"), {})).toBeUndefined();
  });
});

describe("pages", () => {
  const interleaved = page(text("Before. "), picture("a"), text(" About a."), picture("b"), picture("c"), text("About c."), text("And more."));

  test("the end of a chunk before every picture and at the end; texts that follow each other are one", () => {
    expect(shown(sequence(interleaved, {})!)).toBe("Before.|[a]About a.|[b]|[c]About c. And more.|");
    expect(shown(sequence(page(picture("a"), text("About a.")), {})!)).toBe("[a]About a.|");
    expect(shown(sequence(page(text("About a."), picture("a")), {})!)).toBe("About a.|[a]|");
  });

  test("only the first pictures; of others there is no trace", () => {
    expect(shown(sequence(interleaved, { mostPictures: 1 })!)).toBe("Before.|[a]About a. About c. And more.|");
    expect(shown(sequence(interleaved, { mostPictures: 0, leastPictures: 0 })!)).toBe("Before. About a. About c. And more.|");
  });

  test("too few pictures give none, a single one as often as is said", () => {
    expect(sequence(page(text("only text")), {})).toBeUndefined();
    expect(sequence(interleaved, { leastPictures: 4 })).toBeUndefined();
    const kept = Array.from({ length: 400 }, (_, seed) => sequence(page(text("x"), picture("a"), text("y")), { singlePicture: 0.5 }, seed)).filter(
      (each) => each !== undefined,
    );
    expect(Math.abs(kept.length - 200)).toBeLessThan(40);
  });

  test("text sees the picture before it, or with p_next the one after it", () => {
    const seen = (nextPicture: number): string => {
      const { tokens, mediaOf, media } = sequence(interleaved, { nextPicture })!;
      return tokens
        .map((token, i) => `${token === image ? "I" : token === endOfChunk ? "|" : ""}${mediaOf[i]! < 0 ? "-" : media[mediaOf[i]!]!.name}`)
        .join(" ");
    };
    expect(seen(0)).toMatch(/^(- )+\|- Ia (a )+\|a Ib \|b Ic (c )+\|c$/);
    expect(seen(1)).toMatch(/^(a )+\|a Ia (b )+\|b Ib \|c Ic (- )+\|-$/);
    const next = Array.from({ length: 400 }, (_, seed) => sequence(interleaved, { nextPicture: sequenceConfig.parse({}).nextPicture }, seed)!.mediaOf[0]!);
    expect(Math.abs(next.filter((medium) => medium === 0).length - 200)).toBeLessThan(40);
  });

  test("what sees no picture is learnt from in the paper, and not in OpenFlamingo", () => {
    const all = sequence(interleaved, {})!;
    const seen = sequence(interleaved, { learn: "seen" })!;
    expect(all.learnt).toEqual(all.tokens.map((token) => token !== image));
    expect(seen.learnt).toEqual(seen.tokens.map((token, i) => token !== image && seen.mediaOf[i]! >= 0));
    expect(seen.learnt).not.toEqual(all.learnt);
  });

  test("windows of a long page begin anywhere, and no picture ends one", () => {
    const words = Array.from({ length: 300 }, (_, i) => `word${i}`);
    const long = page(...words.flatMap((word, i) => [...(i % 10 === 5 ? [picture(`p${i}`)] : []), text(word)]));
    const starts = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const window = sequence(long, { tokens: 64 }, seed)!;
      expect(window.tokens.length).toBeLessThanOrEqual(64);
      expect(window.tokens.length).toBeGreaterThan(61);
      expect(window.tokens.at(-1)).not.toBe(image);
      expect(window.tokens[0]).not.toBe(endOfChunk);
      starts.add(shown(window).slice(0, 12));
    }
    expect(starts.size).toBeGreaterThan(40);
  });
});

/** Texts of one word each, numbered in their order, so that every token tells where it comes from. */
const pages = fastCheck
  .array(fastCheck.boolean(), { minLength: 1, maxLength: 60 })
  .map((kinds) => kinds.map((isText, i) => (isText ? text(`n${i}.`) : picture(`p${i}`))));
const settings = fastCheck.record({
  tokens: fastCheck.integer({ min: 8, max: 90 }),
  mostPictures: fastCheck.integer({ min: 0, max: 6 }),
  seed: fastCheck.nat(1000),
});

describe("whatever the page", () => {
  test("no token sees a wrong or a later picture", () => {
    fastCheck.assert(
      fastCheck.property(pages, settings, fastCheck.constantFrom(0, 1), (pieces, { seed, ...config }, nextPicture) => {
        const found = sequence(page(...pieces), { ...config, leastPictures: 0, nextPicture }, seed);
        if (found === undefined) return;
        const { tokens, mediaOf, media } = found;
        expect(media.length).toBeLessThanOrEqual(config.mostPictures);
        expect(tokens.length).toBeLessThanOrEqual(config.tokens);
        const places = tokens.flatMap((token, i) => (token === image ? [i] : []));
        expect(places.length).toBe(media.length);
        // The order of the page.
        expect(media.map(({ name }) => name)).toEqual(
          pieces.filter((piece) => piece.kind === "picture" && media.includes(piece)).map((piece) => (piece as SamplePicture).name),
        );
        mediaOf.forEach((medium, i) => {
          if (nextPicture === 1) expect(medium).toBe(places.findIndex((place) => place >= i));
          else expect(medium).toBe(places.filter((place) => place <= i).length - 1);
        });
      }),
      { numRuns: 300 },
    );
  });

  test("a picture that is left out leaves no trace: the window is that of the page without it", () => {
    fastCheck.assert(
      fastCheck.property(pages, fastCheck.integer({ min: 0, max: 4 }), (pieces, mostPictures) => {
        // The whole page is in the window, so that both begin at its beginning.
        const config = { tokens: 4096, mostPictures, leastPictures: 0 };
        let pictures = 0;
        const without = pieces.filter((piece) => piece.kind === "text" || pictures++ < mostPictures);
        expect(sequence(page(...pieces), config)).toEqual(sequence(page(...without), config));
      }),
      { numRuns: 200 },
    );
  });
});
