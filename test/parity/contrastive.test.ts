/** One training step of the pair of towers against PyTorch's (tools/reference/contrastive.py): NFNet by timm, BERT by transformers. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { timmNfnetWeights } from "../../src/checkpoint/published/timm-nfnet.ts";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { ContrastivePair, contrastiveConfig } from "../../src/model/contrastive/contrastive-pair.ts";
import { nfnetConfig } from "../../src/model/vision/nfnet.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import { contrastiveStep } from "../../src/train/contrastive-step.ts";
import { oneRank } from "../../src/train/distribute/ranks.ts";
import { integers } from "../model/support.ts";
import { fixtures, mappedWeights } from "./published-model.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());

const folder = join(import.meta.dirname, "../fixtures/contrastive");
const reference = JSON.parse(await readFile(join(folder, "step.json"), "utf8")) as {
  readonly tokens: readonly (readonly number[])[];
  readonly lengths: readonly number[];
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  readonly loss: number;
};
const { tensors } = readSafetensors(await readFile(join(folder, "step.safetensors")));

const vision = nfnetConfig.parse({
  kind: "nfnet",
  imageSize: 64,
  depths: [1, 1, 2, 1],
  channels: [16, 16, 32, 32],
  stem: [4, 8, 16, 32],
  groupSize: 8,
  width: 32,
});
const text = { vocabulary: 40, maxTokens: 8, width: 16, layers: 2, heads: 2, hidden: 24 };
const pair = new ContrastivePair(contrastiveConfig.parse({ vision, text, width: 12, labelSmoothing: 0.1 }), reference);
const { origins } = timmNfnetWeights(vision);

test.each([1, 2])("loss and gradients of a step in %i pieces are PyTorch's", async (pieces) => {
  const opened = await openWeightsAt(join(fixtures, "vision-nfnet", "model.safetensors"));
  const declared = pair.parameters();
  const visionWeights = await mappedWeights(
    timmNfnetWeights(vision),
    opened.file.weights,
    new Map([...declared].filter(([path]) => path.startsWith("vision."))),
  );
  await opened.close();
  const others = [...declared.keys()].filter((path) => !path.startsWith("vision."));
  const weights: Record<string, HostTensor> = {
    ...Object.fromEntries(visionWeights),
    ...Object.fromEntries(others.map((path) => [path, tensors.get(`weight.${path}`) as HostTensor])),
  };
  const { tokens, lengths } = reference;
  const step = await contrastiveStep({ pair, runtime, pieces, ranks: oneRank, name: "test" });
  const found = await step.run({
    ...weights,
    pixels: tensors.get("pixels") as HostTensor,
    tokens: integers([4, 6], tokens.flat()),
    lengths: integers([4], lengths),
  });
  await step.dispose();
  expect(found["loss"]!.data[0]).toBeCloseTo(reference.loss, 5);
  // Everything that PyTorch has learnt from is compared, and all of ours has one.
  const names = [...declared.keys()].map((path) => [path, path.startsWith("vision.") ? `timm.${origins.get(path)!.from}` : path] as const);
  expect(names.map(([, name]) => `gradient.${name}`).sort()).toEqual([...tensors.keys()].filter((name) => name.startsWith("gradient.")).sort());
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  for (const [path, name] of names) {
    const expected = tensors.get(`gradient.${name}`)!.data as Float32Array;
    const gradient = found[`gradient.${path}`]!.data as Float32Array;
    expect(gradient.length, path).toBe(expected.length);
    const difference = norm(gradient.map((value, i) => value - expected[i]!));
    // What a softmax over keys takes away again (the bias of keys) has no gradient but rounding.
    expect(difference, path).toBeLessThan(2e-4 * norm(expected) + 1e-7);
  }
});
