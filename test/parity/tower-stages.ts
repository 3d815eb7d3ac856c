/** What an image tower of ours gives at every stage, and what its authors' code gives there. */
import type { PublishedVision } from "../../src/checkpoint/published/vision-config.ts";
import type { StoredWeight } from "../../src/checkpoint/weight-file.ts";
import { input, type Tensor } from "../../src/graph/graph.ts";
import { createVisionEncoder } from "../../src/model/vision/vision.ts";
import { Scope } from "../../src/nn/scope.ts";
import type { HostTensor } from "../../src/runtime/runtime.ts";
import { compile, floats } from "../model/support.ts";
import { mappedWeights } from "./published-model.ts";

export type Weights = ReadonlyMap<string, StoredWeight>;

/** Every block (`block.0` …) and the features. @param change - what is done to the weights before they are used */
export async function towerStages(
  { config, weights }: Pick<PublishedVision, "config" | "weights">,
  published: Weights,
  pixels: Float32Array,
  {
    shown = config,
    change = () => undefined,
  }: { readonly shown?: PublishedVision["config"]; readonly change?: (weights: Map<string, HostTensor>) => void } = {},
): Promise<Record<string, Float32Array>> {
  const stored = new Scope();
  createVisionEncoder(stored.child("vision"), config);
  const values = new Map(await mappedWeights(weights, published, stored.parameters()));
  change(values);
  const encoder = createVisionEncoder(new Scope().child("vision"), shown);
  const [height, width] = encoder.imageSize;
  const shape = [pixels.length / (3 * height * width), 3, height, width];
  const features = encoder.forward(input("pixels", "float32", shape));
  const blocks = Object.fromEntries(blocksOf(features).map((block, i) => [`block.${i}`, block]));
  const run = await compile({ ...blocks, features });
  return run({ ...Object.fromEntries(values), pixels: floats(shape, pixels) });
}

/** What each block hands on, in their order. */
function blocksOf(features: Tensor): Tensor[] {
  const blocks: Tensor[] = [];
  const seen = new Set<unknown>();
  const visit = ({ node }: Tensor): void => {
    if (seen.has(node)) return;
    seen.add(node);
    node.inputs.forEach(visit);
    if (node.operator.name === "blockEnd") blocks.push(node.outputs[0]!);
  };
  visit(features);
  return blocks;
}
