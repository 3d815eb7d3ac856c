import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explainAnswer, wordRanges } from "../../src/generate/explain.ts";
import { MediaEncoder } from "../../src/generate/media-encoder.ts";
import { ModelSessions } from "../../src/generate/model-sessions.ts";
import { PromptReader } from "../../src/generate/prompt-reader.ts";
import { ConfigError, type Explanation, Flamingo, image, type Origin, Template, video } from "../../src/index.ts";
import type { FlamingoConfigInput } from "../../src/model/config.ts";
import { Flamingo as Network } from "../../src/model/flamingo.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { noisePicture, tinyConfig, writeTinyModel } from "./tiny-model.ts";

const [a, b, c] = [noisePicture(1), noisePicture(2, 40, 20), noisePicture(3)].map((picture) => image(picture)) as [
  ReturnType<typeof image>,
  ReturnType<typeof image>,
  ReturnType<typeof image>,
];
const open: Flamingo[] = [];
afterAll(() => Promise.all(open.map((model) => model.dispose())));

// The grid has 2 x 2 places; the classes' probabilities fill six rows of the features, which become one position.
const seeing = { kind: "mobilenet-v2", imageSize: 32, features: ["stride16"], classes: 500 } as const;

async function load(change: Partial<FlamingoConfigInput> = {}): Promise<Flamingo> {
  const { folder } = await writeTinyModel({ ...tinyConfig, ...change } as FlamingoConfigInput);
  const model = await Flamingo.load(folder, { device: "cpu", threads: 1, worker: false });
  open.push(model);
  return model;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const all = ({ map, evidence, classToken, learnt }: Origin): number[] => [...map.flat(2), ...evidence, ...classToken, learnt];

/** Whatever is a share is one of a whole. */
function expectShares({ media, words }: Explanation): void {
  for (const { layers, latents, rows, columns, frames } of media) {
    for (const origin of [...layers.flat(), ...latents]) {
      expect(Math.min(...all(origin))).toBeGreaterThanOrEqual(0);
      expect(sum(all(origin))).toBeCloseTo(1, 5);
      expect(origin.map.map((frame) => frame.map((row) => row.length))).toEqual(frames.map(() => new Array(rows).fill(columns)));
    }
  }
  for (const word of words) {
    expect(sum(word.media.map(({ average }) => average.share)) + word.supportSet).toBeCloseTo(1, 5);
    for (const { layers, average } of word.media)
      for (const look of [...layers, average]) {
        expect(sum(look.latents)).toBeCloseTo(look.share, 5);
        expect(sum(all(look))).toBeCloseTo(look.share, 5);
      }
    for (const { layers } of word.media) for (const { heads, share } of layers) expect(sum(heads.flat()) / heads.length).toBeCloseTo(share, 5);
  }
}

describe("an explanation", () => {
  let model: Flamingo;
  const prompt = [{ media: a, text: "the cat" }, b, "so"];
  beforeAll(async () => {
    model = await load();
  });

  test("changes neither the answer nor its scores, and tells the same ones", async () => {
    const answer = async (): Promise<{ token: number; logProbability: number }[]> => {
      const pieces: { token: number; logProbability: number }[] = [];
      for await (const { token, logProbability } of model.generate(prompt, { maxTokens: 8 })) pieces.push({ token, logProbability });
      return pieces;
    };
    const before = await answer();
    const scored = await model.score(prompt, ["the hat"]);
    const found = await model.explain(
      prompt,
      before.map(({ token }) => token),
    );
    expect(await answer()).toEqual(before);
    expect(await model.score(prompt, ["the hat"])).toEqual(scored);
    expect(found.tokens.map(({ token }) => token)).toEqual(before.map(({ token }) => token));
    found.tokens.forEach(({ logProbability }, i) => expect(logProbability).toBeCloseTo(before[i]!.logProbability, 4));
    const open = await model.score(prompt, ["the hat"], { complete: false });
    expect(sum((await model.explain(prompt, "the hat")).words.map(({ logProbability }) => logProbability))).toBeCloseTo(open[0]!.logProbability, 4);
  });

  test("is one of every word, with shares that sum to what they should, and can be written as JSON", async () => {
    const found = await model.explain(prompt, "the cat and");
    expect(found.words.map(({ text }) => text).join("")).toBe("the cat and");
    expect(found.words.map(({ text }) => text.trim())).toEqual(["the", "cat", "and"]);
    expect(found.media.map(({ index, kind }) => [index, kind])).toEqual([[1, "image"]]);
    expect(found.layers.map(({ block }) => block)).toEqual([0, 1]);
    for (const { gates } of found.layers) expect(gates.attention[0]).toBeCloseTo(Math.tanh(0.8), 5);
    expectShares(found);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  test("says where the grid lies on a picture that was padded", async () => {
    const { media } = await model.explain([b], "the");
    expect(media[0]!.frames).toEqual([{ width: 40, height: 20, area: { left: 0, top: -0.5, width: 1, height: 2 } }]);
  });

  test("of a range is the mean of its tokens", async () => {
    const { tokens } = await model.explain(prompt, "the cat and");
    const both = await model.explain(prompt, "the cat and", {
      ranges: [
        [0, 2],
        [0, 1],
        [1, 2],
      ],
    });
    const [range, first, second] = both.words.map(({ media }) => all(media[0]!.average)) as [number[], number[], number[]];
    range.forEach((share, i) => expect(share).toBeCloseTo((first[i]! + second[i]!) / 2, 6));
    expect(first).not.toEqual(second);
    expect(both.words[0]!.text).toBe(tokens[0]!.text + tokens[1]!.text);
    await expect(model.explain(prompt, "the", { ranges: [[0, 99]] })).rejects.toThrow(/no tokens from 0 to before 99: it has \d+/);
  });

  test("is the same after a support set as with its examples in the prompt", async () => {
    const task = await model.supportSet([{ media: a, text: "the cat" }]);
    const [within, after] = [await model.explain([{ media: a, text: "the cat" }, b], "a hat"), await model.explain([task, b], "a hat")];
    expect([within.media[0]!.index, after.media[0]!.index]).toEqual([1, 0]);
    after.words.forEach(({ media }, i) =>
      all(media[0]!.average).forEach((share, place) => expect(share).toBeCloseTo(all(within.words[i]!.media[0]!.average)[place]!, 5)),
    );
    await expect(model.explain([task, "so"], "the hat")).rejects.toThrow(/a picture of the support set, of which only what the model goes on with is kept/);
    await task.dispose();
  });

  test("needs a picture, an answer, and tokens that there are", async () => {
    await expect(model.explain(["so"], "the")).rejects.toThrow(/looks at no picture: there is none in the prompt/);
    await expect(model.explain([a], "")).rejects.toThrow(/the answer is empty/);
    await expect(model.explain([a], [5, 999])).rejects.toThrow(/token 999 does not exist/);
    await expect(model.explain([a], "the cat and the hat ".repeat(60))).rejects.toThrow(/come to \d+ tokens, the model reads at most 160/);
    await expect(model.explain([a], "the", { range: [] } as never)).rejects.toThrow(/explain has no option "range"/);
  });

  test("is given up with its signal", async () => {
    await expect(model.explain([a], "the", { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});

test("frames of a video are told apart", async () => {
  // Without time embeddings nothing but what is on them tells them apart.
  const model = await load({ resampler: { ...tinyConfig.resampler, frames: 0, layers: 2 } });
  const maps = async (frames: Parameters<typeof video>[0]) => {
    const found = await model.explain([video(frames)], "the cat");
    expectShares(found);
    return found.words.map(({ media }) => media[0]!.average.map);
  };
  const [first, second, third] = [noisePicture(1), noisePicture(2), noisePicture(3)];
  const [there, back] = [await maps([first, second, third]), await maps([third, second, first])];
  there.forEach((map, word) => {
    expect(map).toHaveLength(3);
    map.forEach((frame, i) => frame.flat().forEach((share, place) => expect(share).toBeCloseTo(back[word]!.at(-1 - i)!.flat()[place]!, 5)));
    expect(map[0]).not.toEqual(map[2]);
  });
});

describe.each([
  ["GATED XATTN-DENSE", {}],
  ["VANILLA XATTN", { fusion: { kind: "vanilla-cross-attention", heads: 2, headDim: 8, gateInitial: 0.8, gateShape: "vector" } }],
  ["GRAFTING", { fusion: { kind: "grafting", layers: 2, heads: 2, headDim: 8, gateInitial: 0.8 } }],
  ["a Transformer resampler", { resampler: { ...tinyConfig.resampler, kind: "transformer", layers: 2 } }],
  ["no gates", { fusion: { ...tinyConfig.fusion, gate: "none" } }],
  ["a class token", { vision: { kind: "clip-vit", imageSize: 32, patchSize: 16, width: 8, layers: 1, heads: 2, classToken: true } }],
] as const)("%s", (name, change) => {
  test("is explained, with the evidence of a classifier where there is one", async () => {
    const model = await load({ vision: seeing, ...change } as Partial<FlamingoConfigInput>);
    const found = await model.explain([a, "so", b], "the cat");
    expectShares(found);
    const { evidence, classToken, map } = found.words[0]!.media[0]!.average;
    expect(map[0]!.flat()).toHaveLength(4);
    expect([evidence[0]! > 0, classToken[0]! > 0]).toEqual(name === "a class token" ? [false, true] : [true, false]);
    const gates = found.layers.map((layer) => layer.gates);
    const alpha = name === "no gates" ? 1 : Math.tanh(0.8);
    for (const { attention, feedForward } of gates) {
      expect(attention).toHaveLength(name === "VANILLA XATTN" ? 16 : 1);
      for (const gate of [...attention, ...(feedForward ?? [])]) expect(gate).toBeCloseTo(alpha, 5);
      expect(feedForward === undefined).toBe(name === "VANILLA XATTN");
    }
    expect(found.layers.map(({ block }) => block)).toEqual(name === "GRAFTING" ? [2, 3] : [0, 1]);
  });
});

test("an MLP, which attends to nothing, is refused", async () => {
  const model = await load({ resampler: { kind: "mlp", width: 12, layers: 1, latents: 3 } });
  const refused = model.explain([a], "the");
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow(/resampler is an MLP: it attends to nothing/);
});

describe("where all media are seen", () => {
  test("each has its share, those of a support set together one", async () => {
    const model = await load({ fusion: { ...tinyConfig.fusion, attend: "all" } });
    const within = await model.explain([{ media: a, text: "the cat" }, b, c], "a hat");
    expect(within.media.map(({ index }) => index)).toEqual([0, 1, 2]);
    expectShares(within);
    const task = await model.supportSet([{ media: a, text: "the cat" }]);
    const after = await model.explain([task, b, c], "a hat");
    expectShares(after);
    after.words.forEach(({ supportSet, media }, i) => {
      expect(supportSet).toBeCloseTo(within.words[i]!.media[0]!.average.share, 5);
      expect(media.map(({ average }) => average.share)).toEqual(within.words[i]!.media.slice(1).map(({ average }) => expect.closeTo(average.share, 5)));
    });
  });
});

test.each(["last", "all"] as const)("a long prompt, whose media are encoded in groups, is explained the same (%s)", async (attend) => {
  const model = await load({ fusion: { ...tinyConfig.fusion, attend } });
  const many = [a, b, c, a, b];
  const prompt = [new Template(many.map(() => "<image>the").join(""), many)];
  const { config, weights, preprocessing, tokenizer } = model.folder;
  const sessions = new ModelSessions(new Network(config), weights, await createRuntime({ device: "cpu", threads: 1, worker: false }));
  const encoder = new MediaEncoder(sessions, preprocessing);
  const prompts = new PromptReader(model.folder, sessions, encoder, 2);
  const inGroups = await explainAnswer(prompt, "a hat", {}, { sessions, prompts, encoder, folder: { tokenizer, preprocessing } });
  const whole = await model.explain(prompt, "a hat");
  expect(whole.media.map(({ index }) => index)).toEqual(attend === "last" ? [4] : [0, 1, 2, 3, 4]);
  expect(inGroups.media).toEqual(whole.media);
  inGroups.words.forEach(({ media }, i) => {
    for (const [j, { average }] of media.entries())
      expect(all(average)).toEqual(all(whole.words[i]!.media[j]!.average).map((share) => expect.closeTo(share, 5)));
  });
});

test("words begin at white space; tokens without text belong to the character that they begin", () => {
  const ranges = (...texts: string[]): unknown => wordRanges(texts.map((text) => ({ text })));
  expect(ranges("a", " d", "ax")).toEqual([
    [0, 1],
    [1, 3],
  ]);
  expect(ranges(" a", "\n", "b")).toEqual([
    [0, 1],
    [1, 3],
  ]);
  expect(ranges("a ", "b", "c", " ", "\n")).toEqual([
    [0, 1],
    [1, 5],
  ]);
  expect(ranges("a", "", " é", "t", "")).toEqual([
    [0, 1],
    [1, 5],
  ]);
  expect(ranges("", "é")).toEqual([[0, 2]]);
  expect(ranges(" ")).toEqual([[0, 1]]);
});
