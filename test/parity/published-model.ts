/** A published checkpoint as this project runs it: stage by stage for comparison, and through the generation that users call. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PublishedModel } from "../../src/checkpoint/published/published-model.ts";
import { readMapped } from "../../src/checkpoint/published/read-mapped.ts";
import type { WeightMap } from "../../src/checkpoint/published/weight-map.ts";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import type { StoredWeight } from "../../src/checkpoint/weight-file.ts";
import { mediaView } from "../../src/data/media-view.ts";
import { Tokenizer } from "../../src/data/tokenizer.ts";
import type { AnswerStart } from "../../src/generate/decode.ts";
import { LanguageContext } from "../../src/generate/language-context.ts";
import { MediaEncoder } from "../../src/generate/media-encoder.ts";
import { image } from "../../src/generate/medium.ts";
import { ModelSessions } from "../../src/generate/model-sessions.ts";
import { input, reshape, type Tensor } from "../../src/graph/graph.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { mediaViewInputs } from "../../src/model/fusion/media-view.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { compile, floats, integers } from "../model/support.ts";

export const fixtures: string = join(import.meta.dirname, "../fixtures/published");
export const pictures: readonly string[] = ["wide", "high"].map((name) => join(fixtures, "pictures", `${name}.png`));

/** What tools/reference/published.py writes beside the tensors. */
export interface Reference {
  readonly image: number;
  readonly end: number;
  readonly headDim: number;
  readonly continuations: readonly (readonly number[])[];
  /** The same as texts. */
  readonly choices: readonly string[];
  readonly prompts: readonly ReferencePrompt[];
  readonly batchGreedy: readonly (readonly number[])[];
}

export interface ReferencePrompt {
  readonly name: string;
  /** The text that the tokens are made of, `<image>` for each picture. */
  readonly template: string;
  readonly tokens: readonly number[];
  readonly pictures: readonly number[];
  readonly greedy: readonly number[];
  readonly beams: readonly number[];
  readonly beamScore: number;
  readonly continuations: readonly number[];
}

export async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(join(fixtures, path), "utf8"));
}

export async function readReference(name: string): Promise<{ reference: Reference; tensors: Record<string, Float32Array> }> {
  const { tensors } = readSafetensors(await readFile(join(fixtures, name, "reference.safetensors")));
  return {
    reference: (await readJson(`${name}/reference.json`)) as Reference,
    tensors: Object.fromEntries([...tensors].map(([key, { data }]) => [key, data as Float32Array])),
  };
}

/** The largest difference, in units of the largest number expected. */
export function relativeDifference(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) throw new Error(`${found.length} numbers cannot equal ${expected.length}`);
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return found.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i]!)), 0) / scale;
}

export async function readWeights(
  { config, weights }: PublishedModel,
  published: ReadonlyMap<string, StoredWeight>,
): Promise<{ network: Flamingo; weights: ReadonlyMap<string, HostTensor> }> {
  const network = new Flamingo(config);
  return { network, weights: await mappedWeights(weights, published, network.parameters()) };
}

/** The published values of `parameters`. */
export async function mappedWeights(
  map: WeightMap,
  published: ReadonlyMap<string, StoredWeight>,
  parameters: ReadonlyMap<string, Tensor>,
): Promise<ReadonlyMap<string, HostTensor>> {
  const shapes = new Map([...parameters].map(([path, { shape }]) => [path, shape as readonly number[]]));
  const read = new Map<string, HostTensor>();
  for await (const [path, tensor] of readMapped(map, published, shapes, "the checkpoint")) read.set(path, tensor);
  return read;
}

export interface StageInputs {
  /** Of each row. */
  readonly tokens: readonly (readonly number[])[];
  /** float32 of every medium, row after row. */
  readonly pixels: readonly Float32Array[];
  /** Token that stands for a medium. */
  readonly image: number;
}

/** Everything between pixels and logits, by name; rows are padded on the right. */
export async function stages(
  network: Flamingo,
  weights: ReadonlyMap<string, HostTensor>,
): Promise<(inputs: StageInputs) => Promise<Record<string, Float32Array>>> {
  const outputs: Record<string, Tensor> = {};
  const [height, width] = network.vision.imageSize;
  const { spatial, width: channels } = network.vision;
  outputs["features"] = network.vision.forward(input("pixels", "float32", ["media", 3, height, width]));
  outputs["latents"] = network.resampler.forward(reshape(outputs["features"], ["media", 1, spatial, channels]));
  const hooks = network.fusion.hooks(network.fusion.mediaKeysValues(outputs["latents"]), mediaViewInputs("last"));
  let fused = 0;
  const beforeBlock = (block: number, hidden: Tensor): Tensor => {
    const result = hooks.beforeBlock(block, hidden);
    if (result !== hidden) outputs[`fusion.${fused++}`] = result;
    return result;
  };
  const tap = (name: string, value: Tensor): void => void Object.assign(outputs, { [name]: value });
  const { logits } = network.language.forward({ tokens: input("tokens", "int64", ["batch", "tokens"]), beforeBlock, tap });
  const run = await compile({ ...outputs, logits });
  return async ({ tokens, pixels, image: marker }) => {
    const longest = Math.max(...tokens.map(({ length }) => length));
    const shown = pixels.length > 0 ? pixels : [new Float32Array(3 * height * width)];
    return run({
      ...Object.fromEntries(weights),
      pixels: floats(
        [shown.length, 3, height, width],
        shown.flatMap((each) => [...each]),
      ),
      tokens: integers(
        [tokens.length, longest],
        tokens.flatMap((row) => [...row, ...new Array<number>(longest - row.length).fill(0)]),
      ),
      ...mediaView(
        tokens.map((row) => ({ mediaOf: mediaOf(row, marker) })),
        { tokens: longest, attend: "last" },
      ),
    });
  };
}

/** The last medium at or before each token. */
function mediaOf(tokens: readonly number[], marker: number): number[] {
  let last = -1;
  return tokens.map((token) => (token === marker ? ++last : last));
}

/** One character per token, so that texts can be given where users give texts. */
export function characters(tokens: readonly number[]): string {
  return String.fromCodePoint(...tokens.map((token) => 0x4e00 + token));
}

const runtime = createRuntime({ device: "cpu", threads: 1, worker: false });

/** The point after one or several prompts, from picture files on, as `Flamingo` of the public face comes to it. */
export async function answerStarts(
  { preprocessing, config }: PublishedModel,
  network: Flamingo,
  weights: ReadonlyMap<string, HostTensor>,
  { image: marker, end }: Reference,
): Promise<(...prompts: readonly ReferencePrompt[]) => Promise<AnswerStart>> {
  const sessions = new ModelSessions(network, weights, await runtime);
  const media = await new MediaEncoder(sessions, preprocessing).encode(pictures.map((path) => image(path)));
  const vocabulary = Object.fromEntries(Array.from({ length: config.language.vocabulary }, (_, id) => [characters([id]), id]));
  const tokenizer = Tokenizer.fromJson({
    model: { type: "BPE", vocab: vocabulary, merges: [], unk_token: null },
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
  });
  return async (...prompts) => {
    const context = LanguageContext.create(sessions, true, prompts.length);
    const logits = await context.read(
      prompts.map(({ tokens, pictures: shown }) => ({ tokens, mediaOf: mediaOf(tokens, marker), media: shown.map((i) => media[i]!) })),
    );
    return { context, logits, tokenizer, endOfChunk: end };
  };
}
