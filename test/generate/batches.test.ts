import { afterAll, describe, expect, test } from "vitest";
import { Flamingo, image, type Prompt } from "../../src/index.ts";
import { noisePicture, tinyConfig, writeTinyModel } from "./tiny-model.ts";

const options = { device: "cpu", threads: 1, worker: false } as const;
const model = await Flamingo.load((await writeTinyModel()).folder, options);
afterAll(() => model.dispose());
const [a, b, c, d] = [1, 2, 3, 4].map((seed) => image(noisePicture(seed))) as [
  ReturnType<typeof image>,
  ReturnType<typeof image>,
  ReturnType<typeof image>,
  ReturnType<typeof image>,
];
const examples = [
  { media: a, text: "the cat" },
  { media: b, text: "a hat" },
];
const choices = ["the cat", "a", "and the mat"];

/** Of very different lengths, with and without pictures, two about the same picture. */
const questions: readonly Prompt[] = [
  [c, "and"],
  [a],
  ["the cat and the mat ".repeat(5)],
  [d, "the cat", c, "the hat and the mat and "],
  [c, "the mat"],
  ["so"],
];

describe.each([
  ["the last picture", "last"],
  ["all pictures before", "all"],
] as const)("many prompts together, where text sees %s", (_, attend) => {
  const loaded = writeTinyModel({ ...tinyConfig, fusion: { ...tinyConfig.fusion, attend } }).then(({ folder }) => Flamingo.load(folder, options));
  afterAll(async () => (await loaded).dispose());

  test.each(["with a support set", "without"])("are what each is alone: %s", async (kind) => {
    const flamingo = await loaded;
    const task = kind === "without" ? undefined : await flamingo.supportSet(examples);
    const prompts = questions.map((question): Prompt => (task === undefined ? question : [task, ...question]));
    // Stop strings end rows at different times, so that rows leave the batch.
    const settings = { maxTokens: 20, temperature: 1, seed: 7, stop: ["a", "e", "t", "c", "h", "7", "Q", "z"] };
    const alone: string[] = [];
    for (const prompt of prompts) alone.push(await flamingo.generateText(prompt, settings));
    expect(new Set(alone.map(({ length }) => length)).size).toBeGreaterThan(1);
    expect(await flamingo.generateTexts(prompts, settings)).toEqual(alone);
    expect(await flamingo.generateTexts(prompts, { ...settings, batch: 4 })).toEqual(alone);
    const scored = await flamingo.scoreMany(
      prompts,
      prompts.map((_, i) => choices.slice(i % 3)),
    );
    for (const [i, prompt] of prompts.entries()) {
      const own = await flamingo.score(prompt, choices.slice(i % 3));
      expect(scored[i]).toEqual(own.map((each) => ({ ...each, logProbability: expect.closeTo(each.logProbability, 3) as number })));
    }
  });
});

describe("many prompts", () => {
  test("are drawn as each alone would be", async () => {
    const settings = { maxTokens: 10, temperature: 1, seed: 4 };
    const alone: string[] = [];
    for (const question of questions) alone.push(await model.generateText(question, settings));
    expect(await model.generateTexts(questions, settings)).toEqual(alone);
  });

  test("may begin with different support sets, or none, and examples may be written out", async () => {
    const [first, second] = [await model.supportSet(examples), await model.supportSet(examples.slice(1))];
    const prompts: readonly Prompt[] = [[first, c], [c], [second, c], [first, d], [...examples, c]];
    const alone: string[] = [];
    for (const prompt of prompts) alone.push(await model.generateText(prompt, { maxTokens: 6 }));
    expect(await model.generateTexts(prompts, { maxTokens: 6 })).toEqual(alone);
    expect(alone[4]).toBe(alone[0]);
  });

  test("are none, or asked wrongly", async () => {
    expect(await model.generateTexts([])).toEqual([]);
    await expect(model.generateTexts(questions, { batch: 0 })).rejects.toThrow(/batch must be a whole number/);
    await expect(model.scoreMany(questions, [choices])).rejects.toThrow(/6 prompts, but choices for 1/);
  });
});

test("what was forked of a support set lives on when it is disposed", async () => {
  const task = await model.supportSet(examples);
  const expected = await model.generateText([task, c], { maxTokens: 6 });
  let text = "";
  for await (const piece of model.generate([task, c], { maxTokens: 6 })) {
    await task.dispose();
    text += piece.text;
  }
  expect(text).toBe(expected);
  await expect(model.generateText([task, c])).rejects.toThrow(/was used after it was disposed/);
});

test("a long prompt is read in steps, and can be given up between them", async () => {
  const config = { ...tinyConfig, language: { ...tinyConfig.language, maxTokens: 4000 } };
  const long = await Flamingo.load((await writeTinyModel(config)).folder, { ...options, worker: true });
  const text = "the cat and the hat, the cat and the mat ".repeat(40);
  const whole = await long.generateText([a, text, b, text, c], { maxTokens: 5 });
  // The same in two halves, each in steps of its own.
  const task = await long.supportSet([]);
  expect(await long.generateText([task, a, text, b, text, c], { maxTokens: 5 })).toBe(whole);
  const stop = new AbortController();
  const given = long.generateText([a, text.repeat(2)], { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 30);
  await expect(given).rejects.toThrow("enough");
  expect(await long.generateText([a, text, b, text, c], { maxTokens: 5 })).toBe(whole);
  await long.dispose();
});

test("many pictures are encoded in groups, and can be given up between them", async () => {
  const stop = new AbortController();
  // The missing file is in the second group: it would be noticed if that were begun.
  const media = [...Array.from({ length: 20 }, (_, i) => image(noisePicture(50 + i))), image("/no/such/picture.png")];
  const shots = media.map((medium) => ({ media: medium, text: "a" }));
  const given = model.supportSet(shots, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  await expect(model.supportSet(shots)).rejects.toThrow(/no file/);
});

test("every piece has its token's log-probability", async () => {
  const pieces: number[] = [];
  let text = "";
  for await (const piece of model.generate([c], { maxTokens: 4 })) {
    pieces.push(piece.logProbability);
    text += piece.text;
  }
  const [best] = await model.beamSearch([c], { beams: 1, maxTokens: 4, lengthPenalty: 0 });
  expect(text).toBe(model.tokenizer.decode(best!.tokens));
  expect(pieces.reduce((sum, value) => sum + value, 0)).toBeCloseTo(best!.logProbability, 4);
});

test("nano answers many questions as it answers each", async () => {
  const nano = await Flamingo.load("nano", options);
  const picture = (name: string): ReturnType<typeof image> => image(new URL(`../../models/nano/drawings/${name}.webp`, import.meta.url).pathname);
  const task = await nano.supportSet([
    { media: picture("noto/turtle"), text: "a dax" },
    { media: picture("noto/crown"), text: "a blick" },
  ]);
  const colour = "Question: What colour is it? Answer:";
  const prompts: readonly Prompt[] = [
    [task, picture("twemoji/turtle")],
    [task, picture("emojione/crown"), colour],
    [task, picture("emojione/hammer"), picture("twemoji/crown"), "a"],
    [picture("noto/grapes")],
    [picture("twemoji/grapes"), colour],
  ];
  const alone: string[] = [];
  for (const prompt of prompts) alone.push(await nano.generateText(prompt, { maxTokens: 12 }));
  expect(await nano.generateTexts(prompts, { maxTokens: 12 })).toEqual(alone);
  expect(new Set(alone.map(({ length }) => length)).size).toBeGreaterThan(2);
  await nano.dispose();
});
