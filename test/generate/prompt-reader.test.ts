import { rm } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import { loadModelFolder } from "../../src/checkpoint/model-folder.ts";
import { cutBeforeMedia } from "../../src/data/document.ts";
import { MediaEncoder } from "../../src/generate/media-encoder.ts";
import { image, type Medium } from "../../src/generate/medium.ts";
import { ModelSessions } from "../../src/generate/model-sessions.ts";
import { PromptReader } from "../../src/generate/prompt-reader.ts";
import { allAtOnce } from "../../src/generate/steps.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { largestDifference } from "../model/support.ts";
import { fullPass } from "./full-pass.ts";
import { noisePicture, tinyConfig, writeTinyModel } from "./tiny-model.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());
const [a, b, c] = [noisePicture(1), noisePicture(2, 40, 20), noisePicture(3)];

test("a document is cut before every so many media, and nothing of it is lost", () => {
  const document = {
    tokens: [7, 1, 8, 1, 1, 9, 1],
    learnt: [false, false, true, false, false, true, false],
    mediaOf: [-1, 0, 0, 1, 2, 2, 3],
    media: ["a", "b", "c", "d"],
  };
  expect([...cutBeforeMedia(document, 2)]).toEqual([
    { tokens: [7, 1, 8, 1], learnt: [false, false, true, false], mediaOf: [-1, 0, 0, 1], media: ["a", "b"] },
    { tokens: [1, 9, 1], learnt: [false, true, false], mediaOf: [0, 0, 1], media: ["c", "d"] },
  ]);
  expect([...cutBeforeMedia(document, 3)].map(({ tokens, media }) => [tokens, media])).toEqual([
    [
      [7, 1, 8, 1, 1, 9],
      ["a", "b", "c"],
    ],
    [[1], ["d"]],
  ]);
  expect([...cutBeforeMedia(document, 4)]).toEqual([document]);
  expect([...cutBeforeMedia({ tokens: [7, 8], learnt: [false, true], mediaOf: [-1, -1], media: [] }, 1)].map(({ tokens }) => tokens)).toEqual([[7, 8]]);
});

test.each(["last", "all"] as const)(
  "media that are encoded and read one after the other are seen as when all are there at once (attend: %s)",
  async (attend) => {
    const tiny = await writeTinyModel({ ...tinyConfig, fusion: { ...tinyConfig.fusion, attend } });
    const folder = await loadModelFolder(tiny.folder);
    const sessions = new ModelSessions(tiny.network, tiny.weights, runtime);
    const encoder = new MediaEncoder(sessions, folder.preprocessing);
    const groups: number[] = [];
    const encode = encoder.encode.bind(encoder);
    encoder.encode = (media: readonly Medium[]) => {
      groups.push(media.length);
      return encode(media);
    };
    const reader = new PromptReader(folder, sessions, encoder, 1);
    const expected = (await fullPass(tiny, folder.tokenizer, [a, "the cat", b, "a hat", c, "and"])).at(-1)!;
    const { context, logits } = await allAtOnce(reader.start([reader.write([image(a), "the cat", image(b), "a hat", image(c), "and"], {})], {}));
    expect(groups).toEqual([1, 1, 1]);
    expect(largestDifference(logits[0]!, expected)).toBeLessThan(1e-4);
    await context.dispose();
    groups.splice(0);
    expect(() => reader.write([image(a), "the cat ".repeat(160), image(b), image(c)], {})).toThrow(/the model reads at most 160/);
    expect(groups).toEqual([]);
    // As examples, and a question after them.
    const examples = await reader.examples(
      [a, b].map((picture) => ({ media: image(picture), text: "the cat" })),
      {},
    );
    const [scores] = await examples.context.read([examples.context.continuation(0, folder.tokenizer.encode("and"))]);
    const whole = (await fullPass(tiny, folder.tokenizer, [a, "the cat", "end", b, "the cat", "end", "and"])).at(-1)!;
    expect(largestDifference(scores!, whole)).toBeLessThan(1e-4);
    await examples.context.dispose();
    await rm(tiny.folder, { recursive: true });
  },
);
