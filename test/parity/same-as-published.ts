import { expect, test } from "vitest";
import type { PublishedModel } from "../../src/checkpoint/published/published-model.ts";
import type { StoredWeight } from "../../src/checkpoint/weight-file.ts";
import { loadPicture } from "../../src/data/image.ts";
import { preprocess } from "../../src/data/preprocessing.ts";
import { beamSearch } from "../../src/generate/beam-search.ts";
import { decode } from "../../src/generate/answer-batch.ts";
import { type ScoredChoice, scoreChoices } from "../../src/generate/score.ts";
import { measured } from "./measured.ts";
import { answerStarts, characters, pictures, type Reference, type ReferencePrompt, readWeights, relativeDifference, stages } from "./published-model.ts";

export interface PublishedFixture {
  /** What differences are recorded as. */
  readonly what: string;
  readonly model: PublishedModel;
  readonly published: ReadonlyMap<string, StoredWeight>;
  readonly reference: Reference;
  /** By name: `pixels`, `features`, `latents` of both pictures, then `PROMPT.STAGE`. */
  readonly tensors: Readonly<Record<string, Float32Array>>;
}

/** float32 with other kernels: only the order of sums differs. */
const tolerance = 1e-5;

/** Tests that every stage gives what the authors' own code gives. */
export async function sameAsPublished({ what, model, published, reference, tensors }: PublishedFixture): Promise<void> {
  const { network, weights } = await readWeights(model, published);
  const run = await stages(network, weights);
  const size = tensors["pixels"]!.length / pictures.length;
  const pixels = pictures.map((_, i) => tensors["pixels"]!.subarray(i * size, (i + 1) * size));
  const start = await answerStarts(model, network, weights, reference);
  const prompts = reference.prompts.map((prompt) => [prompt.name, prompt] as const);
  const pixelsOf = ({ pictures: shown }: ReferencePrompt): Float32Array[] => shown.map((i) => pixels[i]!);

  test("pixels", async () => {
    const found = await Promise.all(pictures.map(async (path) => preprocess(await loadPicture(path), model.preprocessing)));
    expect(relativeDifference(Float32Array.from(found.flatMap((each) => [...each])), tensors["pixels"]!)).toBeLessThan(1e-6);
  });

  test("vision features and latents of both pictures", async () => {
    const found = await run({ tokens: [[reference.image, reference.image]], pixels, image: reference.image });
    expect(measured(what, relativeDifference(found["features"]!, tensors["features"]!))).toBeLessThan(tolerance);
    expect(measured(what, relativeDifference(found["latents"]!, tensors["latents"] ?? tensors["features"]!))).toBeLessThan(tolerance);
  });

  test.each(prompts)("every fusion layer, every block and the logits: %s", async (name, prompt) => {
    const found = await run({ tokens: [prompt.tokens], pixels: pixelsOf(prompt), image: reference.image });
    const expected = Object.keys(tensors).filter((key) => key.startsWith(`${name}.`));
    const compared = expected.map((key): [string, number] => [key, measured(what, relativeDifference(found[key.slice(name.length + 1)]!, tensors[key]!))]);
    expect(compared).toHaveLength(network.config.language.blocks + network.fusion.count + 3);
    expect(compared.filter(([, difference]) => !(difference < tolerance))).toEqual([]);
  });

  test("logits of a batch of unequal lengths and numbers of pictures", async () => {
    const found = await run({ tokens: reference.prompts.map(({ tokens }) => tokens), pixels: reference.prompts.flatMap(pixelsOf), image: reference.image });
    const longest = Math.max(...reference.prompts.map(({ tokens }) => tokens.length));
    const entries = found["logits"]!.length / longest / reference.prompts.length;
    for (const [row, { name, tokens }] of reference.prompts.entries()) {
      const logits = found["logits"]!.subarray(row * longest * entries, (row * longest + tokens.length) * entries);
      expect(relativeDifference(logits, tensors[`batch.${name}.logits`]!), name).toBeLessThan(tolerance);
    }
  });

  test.each(prompts)("greedy answers: %s", async (_, prompt) => {
    const { context, ...rest } = await start(prompt);
    const tokens: number[] = [];
    for await (const { token } of decode({ context, ...rest }, [{ maxTokens: 8 }])) tokens.push(token);
    await context.dispose();
    expect(tokens).toEqual(prompt.greedy);
  });

  test("greedy answers to all prompts together, as the reference answers them together", async () => {
    const { context, ...rest } = await start(...reference.prompts);
    const answers = reference.prompts.map((): number[] => []);
    for await (const { row, token } of decode({ context, ...rest }, Array(reference.prompts.length).fill({ maxTokens: 8 }))) answers[row]!.push(token);
    await context.dispose();
    expect(answers).toEqual(reference.batchGreedy);
  });

  test.each(prompts)("beam search: %s", async (_, prompt) => {
    const { context, ...rest } = await start(prompt);
    const [best] = await beamSearch({ context, ...rest }, { beams: 3, maxTokens: 8 });
    await context.dispose();
    expect(best!.tokens).toEqual(prompt.beams);
    expect(best!.score).toBeCloseTo(prompt.beamScore, 3);
  });

  test.each(prompts)("log-likelihoods of continuations: %s", async (_, prompt) => {
    const { context, ...rest } = await start(prompt);
    for (const [i, continuation] of reference.continuations.entries()) {
      const complete = continuation.at(-1) === reference.end;
      const text = characters(complete ? continuation.slice(0, -1) : continuation);
      const [[choice]] = (await scoreChoices({ context, ...rest }, [[text]], complete)) as [[ScoredChoice]];
      expect(choice.tokens).toBe(continuation.length);
      expect(choice.logProbability).toBeCloseTo(prompt.continuations[i]!, 3);
    }
    await context.dispose();
  });
}
