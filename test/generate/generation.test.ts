import { afterAll, describe, expect, test } from "vitest";
import { largest, logProbabilities } from "../../src/generate/log-probabilities.ts";
import { Flamingo, image, video } from "../../src/index.ts";
import { fullPass } from "./full-pass.ts";
import { noisePicture, tinyConfig, writeTinyModel } from "./tiny-model.ts";

const tiny = await writeTinyModel();
const model = await Flamingo.load(tiny.folder, { device: "cpu", threads: 1, worker: false });
afterAll(() => model.dispose());
const [a, b, c] = [noisePicture(1), noisePicture(2, 40, 20), noisePicture(3)];
const end = model.tokenizer.special("<|endofchunk|>");

async function greedy(pieces: Parameters<typeof fullPass>[2], count: number): Promise<number[]> {
  const tokens: number[] = [];
  while (tokens.length < count) {
    const scores = await fullPass(tiny, model.tokenizer, pieces, tokens);
    const token = largest(scores.at(-1)!, 1)[0]!;
    if (token === end) break;
    tokens.push(token);
  }
  return tokens;
}

async function generated(...args: Parameters<Flamingo["generate"]>): Promise<number[]> {
  const tokens: number[] = [];
  for await (const { token } of model.generate(...args)) tokens.push(token);
  return tokens;
}

describe("greedy generation", () => {
  test.each([
    ["a picture alone", [a], [image(a)]],
    ["text before and after", ["the cat", a, "and"], ["the cat", image(a), "and"]],
    ["pictures back to back", [a, b, "the", c], [image(a), image(b), "the", image(c)]],
    ["no picture", ["the cat"], ["the cat"]],
  ] as const)("equals the full pass: %s", async (_, pieces, prompt) => {
    expect(await generated(prompt, { maxTokens: 6 })).toEqual(await greedy(pieces, 6));
  });

  test("goes on over several buckets of the cache", async () => {
    const long = "the cat and the hat ".repeat(7);
    expect(await generated([long, image(a)], { maxTokens: 40 })).toEqual(await greedy([long, a], 40));
  });

  test("equals the full pass when all previous pictures are seen", async () => {
    const all = await writeTinyModel({ ...tinyConfig, fusion: { ...tinyConfig.fusion, attend: "all" } });
    const other = await Flamingo.load(all.folder, { device: "cpu", threads: 1, worker: false });
    const task = await other.supportSet([{ media: image(a), text: "the cat" }]);
    const [choice] = await other.score([task, image(b)], ["the hat"], { complete: false });
    const scores = await fullPass(all, other.tokenizer, [a, "the cat", "end", b, "the hat"]);
    const tokens = other.tokenizer.encode("the hat");
    const expected = tokens.reduce((sum, token, i) => sum + logProbabilities(scores.at(i - tokens.length - 1)!)[token]!, 0);
    expect(choice!.logProbability).toBeCloseTo(expected, 4);
    await other.dispose();
  });
});

describe("support sets", () => {
  const examples = [
    { media: image(a), text: "the cat" },
    { media: image(b), text: "a hat" },
  ];
  const pieces = [a, "the cat", "end", b, "a hat", "end", c, "and"] as const;

  test("give what the whole prompt gives, again and again", async () => {
    const task = await model.supportSet(examples);
    const expected = await greedy(pieces, 6);
    expect(await generated([task, image(c), "and"], { maxTokens: 6 })).toEqual(expected);
    await generated([task, image(a), "something else"], { maxTokens: 3 });
    expect(await generated([task, image(c), "and"], { maxTokens: 6 })).toEqual(expected);
    expect(task.examples).toBe(2);
    await task.dispose();
  });

  test("belong at the beginning", async () => {
    const task = await model.supportSet(examples);
    await expect(model.generateText(["text", task])).rejects.toThrow(/can only be the first piece/);
    await expect(model.generateText([task])).rejects.toThrow(/the prompt is empty/);
    await expect(model.generateText([task, image(c)], { useMedia: false })).rejects.toThrow(/another value of useMedia/);
  });
});

describe("scores", () => {
  test("are the sums of the full pass's log-probabilities", async () => {
    const choices = ["the cat", "a", "and the mat"];
    const scored = await model.score([image(a), "so"], choices);
    for (const [i, text] of choices.entries()) {
      const tokens = [...model.tokenizer.encode(text), end];
      const scores = await fullPass(tiny, model.tokenizer, [a, "so"], tokens);
      const expected = tokens.reduce((sum, token, k) => sum + logProbabilities(scores.at(k - tokens.length - 1)!)[token]!, 0);
      expect(scored[i]).toEqual({ text, tokens: tokens.length, logProbability: expect.closeTo(expected, 3) });
    }
  });

  test("need choices", async () => {
    await expect(model.score([image(a)], [])).rejects.toThrow(/no choices/);
    await expect(model.score([image(a)], ["a", ""], { complete: false })).rejects.toThrow(/choice 2 is empty/);
  });
});

describe("beam search", () => {
  test("finds what trying everything finds", async () => {
    // 262 beams follow every first token, so that two tokens are searched exhaustively.
    const found = await model.beamSearch([image(a)], { beams: 262, maxTokens: 2, lengthPenalty: 0.7 });
    const first = logProbabilities((await fullPass(tiny, model.tokenizer, [a])).at(-1)!);
    let best = { tokens: [] as number[], score: first[end]! };
    for (let token = 0; token < 262; token++) {
      if (token === end) continue;
      const second = logProbabilities((await fullPass(tiny, model.tokenizer, [a], [token])).at(-1)!);
      const likeliest = largest(second, 1)[0]!;
      const score = (first[token]! + second[likeliest]!) / 2 ** 0.7;
      if (score > best.score) best = { tokens: likeliest === end ? [token] : [token, likeliest], score };
    }
    expect(found[0]!.tokens).toEqual(best.tokens);
    expect(found[0]!.score).toBeCloseTo(best.score, 3);
    const tokens = found[0]!.tokens;
    const scores = await fullPass(tiny, model.tokenizer, [a], tokens);
    const ended = tokens.length < 2 ? [...tokens, end] : tokens;
    const own = ended.reduce((sum, token, i) => sum + logProbabilities(scores.at(i - tokens.length - 1)!)[token]!, 0);
    expect(found[0]!.logProbability).toBeCloseTo(own, 3);
  });

  test("of one beam is greedy, more beams never find less", async () => {
    const one = await model.beamSearch([image(b)], { beams: 1, maxTokens: 8, lengthPenalty: 0 });
    expect(one[0]!.tokens).toEqual(await generated([image(b)], { maxTokens: 8 }));
    const five = await model.beamSearch([image(b)], { beams: 5, maxTokens: 8, lengthPenalty: 0 });
    expect(five[0]!.logProbability).toBeGreaterThanOrEqual(one[0]!.logProbability - 1e-4);
    expect(five.map(({ score }) => score)).toEqual(five.map(({ score }) => score).toSorted((x, y) => y - x));
  });
});

describe("a prompt", () => {
  test("takes videos, frame by frame", async () => {
    const still = await model.score([video([a, a])], ["the"]);
    const moving = await model.score([video([a, b])], ["the"]);
    expect(moving[0]!.logProbability).not.toBeCloseTo(still[0]!.logProbability, 3);
    expect(() => video([])).toThrow(/at least one frame/);
  });

  test("that is too long is refused with its length", async () => {
    await expect(model.generateText(["the cat and the hat ".repeat(60)])).rejects.toThrow(/come to \d+ tokens, the model reads at most 160/);
  });

  test("may be given up", async () => {
    const stop = new AbortController();
    const pieces: number[] = [];
    const run = async (): Promise<void> => {
      for await (const { token } of model.generate([image(a)], { maxTokens: 20, signal: stop.signal })) {
        pieces.push(token);
        if (pieces.length === 2) stop.abort(new Error("enough"));
      }
    };
    await expect(run()).rejects.toThrow("enough");
    expect(pieces).toHaveLength(2);
    expect(await generated([image(a)], { maxTokens: 2 })).toEqual(pieces);
  });

  test("with a typed marker has no medium", async () => {
    const typed = await model.score(["<image>"], ["the"]);
    const scores = await fullPass(tiny, model.tokenizer, ["<image>"]);
    const tokens = [...model.tokenizer.encode("the"), end];
    const all = await fullPass(tiny, model.tokenizer, ["<image>"], tokens);
    expect(scores.length).toBeGreaterThan(1);
    expect(typed[0]!.logProbability).toBeCloseTo(
      tokens.reduce((sum, token, i) => sum + logProbabilities(all.at(i - tokens.length - 1)!)[token]!, 0),
      3,
    );
  });
});

test("sampling draws from the model's distribution, the same for the same seed", async () => {
  const draw = (seed: number): Promise<number[]> => generated([image(c)], { maxTokens: 12, temperature: 1, seed });
  expect(await draw(1)).toEqual(await draw(1));
  expect(await draw(1)).not.toEqual(await draw(2));
  expect(await generated([image(c)], { maxTokens: 12, temperature: 5, topK: 1 })).toEqual(await generated([image(c)], { maxTokens: 12 }));
});
