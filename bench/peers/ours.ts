/**
 * Our side of `npm run bench:peers`: a process that does the reference's cases through the public interface; see reference.py.
 *
 *     node bench/peers/ours.ts --size openflamingo-3b --weights int4-g128 --threads 2
 */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openPictureIndex } from "../../recipes/nano/drawings/render.ts";
import { openPictures } from "../../src/evaluate/evaluate.ts";
import { Flamingo, image, type SupportSet } from "../../src/index.ts";
import { byteLengthOf, createRuntime } from "../../src/runtime/runtime.ts";
import { inTurns, median } from "../measure.ts";
import { memoryReader } from "../memory-bandwidth.ts";
import { type ComparedWeights, randomFolder } from "./random-folder.ts";

const { values } = parseArgs({ options: { size: { type: "string" }, weights: { type: "string" }, threads: { type: "string" } } });
const threads = Number(values.threads);
const folder = await randomFolder(values.size!, values.weights as ComparedWeights);

const evaluation = fileURLToPath(new URL("../../models/nano/evaluation", import.meta.url));
const { concepts } = await openPictureIndex(evaluation);
const find = await openPictures(join(evaluation, "pictures.tar"));
const files = concepts.flatMap(({ pictures }) => pictures.filter(({ style }) => style === "noto").map(({ id }) => find(`${id}.webp`)));
let shown = 0;
/** Another picture each time, so that nothing is remembered of it. */
const picture = () => image(files[shown++ % files.length]!);

const model = await Flamingo.load(folder, { threads });

/** Text of exactly so many tokens. */
function words(count: number): string {
  const text = " the".repeat(count);
  const found = model.tokenizer.encode(text).length;
  if (found !== count) throw new Error(`" the" should be one token, but ${count} of them are ${found}`);
  return text;
}

const example = (chunkTokens: number) => ({ media: picture(), text: words(chunkTokens - 2) });
const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

let support: SupportSet | undefined;
/** The last one is kept for the next round. */
async function supportSet(shots: number, chunkTokens: number): Promise<SupportSet> {
  if (support?.examples === shots) return support;
  await support?.dispose();
  support = await model.supportSet(Array.from({ length: shots }, () => example(chunkTokens)));
  return support;
}

interface Request {
  readonly case: string;
  readonly pictures: number;
  readonly chunks: number;
  readonly chunkTokens: number;
  readonly newTokens: number;
  readonly shots: number;
  readonly queries: number;
}

async function answer(request: Request): Promise<object> {
  const { case: name, pictures: count, chunks, chunkTokens, newTokens, shots, queries } = request;
  switch (name) {
    case "encode": {
      const media = Array.from({ length: count }, picture);
      return { seconds: await seconds(() => model.embedAll(media)) };
    }
    case "prefill": {
      const examples = Array.from({ length: chunks }, () => example(chunkTokens));
      // The first time encodes the pictures, which are remembered; the second only reads.
      await (await model.supportSet(examples)).dispose();
      let read: SupportSet | undefined;
      const time = await seconds(async () => {
        read = await model.supportSet(examples);
      });
      await read!.dispose();
      return { seconds: time };
    }
    case "decode":
      return { seconds: await tokenSeconds(request) };
    case "query": {
      const task = await supportSet(shots, chunkTokens);
      const prompts = Array.from({ length: queries }, () => [task, picture(), words(chunkTokens - 2)]);
      return { seconds: await seconds(() => model.generateTexts(prompts, { maxTokens: newTokens })) };
    }
    case "weights":
      return { ...(await againstBandwidth(request)), tokenBytes: tokenBytes(), tokenOperations: tokenOperations() };
    default:
      throw new Error(`there is no case ${name}`);
  }
}

/** Weights that are read for every token: the language model with its head, and the fusion layers without what makes keys and values of pictures. */
function tokenWeights() {
  return [...model.folder.weights].filter(([path]) => /^(language|fusion)\./.test(path) && !/\.(key|value)\./.test(path.replace(/^language.*/, "")));
}

function tokenBytes(): number {
  return tokenWeights().reduce((sum, [, weight]) => sum + byteLengthOf(weight), 0);
}

/** Of the matrices that every token meets; the head is for the last token only. */
function tokenOperations(): number {
  const matrices = tokenWeights().filter(([path]) => path.endsWith(".codes") && !path.includes("embedding"));
  // In blocks two codes of 4 bits are a byte.
  return matrices.reduce((sum, [, weight]) => sum + 2 * (weight.dtype === "uint8" ? 2 : 1) * byteLengthOf(weight), 0);
}

/** Seconds a token, one by one after the first, which takes the prompt's time. */
async function tokenSeconds({ chunks, chunkTokens, newTokens }: Request): Promise<number> {
  const prompt = [
    ...Array.from({ length: chunks - 1 }, () => example(chunkTokens)).flatMap(({ media, text }) => [media, text]),
    picture(),
    words(chunkTokens - 2),
  ];
  const times: number[] = [];
  for await (const _ of model.generate(prompt, { maxTokens: newTokens + 1 })) times.push(performance.now());
  if (times.length <= newTokens) throw new Error(`the answer ended after ${times.length} of ${newTokens + 1} tokens`);
  return (times[newTokens]! - times[0]!) / 1000 / newTokens;
}

/** Decoding and the reading of weights in turns: a share of a bandwidth that was there at another time would be no share. Bytes a second, and seconds a token. */
async function againstBandwidth(request: Request): Promise<{ bandwidth: number; tokenSeconds: number }> {
  const runtime = await createRuntime({ device: "cpu", threads });
  const reader = await memoryReader(runtime, 256e6);
  const [reads, tokens]: [number[], number[]] = [[], []];
  for (let round = 0; round < 4; round++) {
    reads.push((await inTurns({ read: reader.run }, 5)).read);
    if (round < 3) tokens.push(await tokenSeconds(request));
  }
  await runtime.dispose();
  return { bandwidth: (1000 * reader.bytes) / median(reads), tokenSeconds: median(tokens) };
}

process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as Request))}\n`);
await model.dispose();
