/** The parts that a training run begins with: what is said of them completes the config, and their weights are read. */
import { existsSync } from "node:fs";
import { CheckpointError, firstTen } from "../checkpoint/errors.ts";
import { openPart } from "../checkpoint/model-part.ts";
import type { OpenedPart } from "../checkpoint/opened-part.ts";
import { completedConfig } from "../checkpoint/same-config.ts";
import { Flamingo, type FlamingoPart, flamingoParts } from "../model/flamingo.ts";
import { ConfigError } from "../model/strict-config.ts";
import { resizedPositions } from "../model/vision/resized-positions.ts";
import { formatsOf } from "../nn/scope.ts";
import { type HostTensor, shared } from "../runtime/runtime.ts";
import type { TrainingConfig } from "../train/training-config.ts";

type Content = Readonly<Record<string, unknown>>;

/**
 * A training config whose `model` has what it leaves out of a part that comes with a config of its own (a GGUF file, a model folder, a folder of the hub). What it states of such a part
 * is held against that.
 * @param input - as it is written; what is wrong in it is left for `parseTrainingConfig` to say
 * @throws ConfigError when a part is not there; CheckpointError when it cannot be opened, or is another one than the config states
 */
export async function withPublishedParts(input: Content): Promise<Content> {
  const model: Record<string, unknown> = { ...contentOf(input["model"]) };
  const parts = contentOf(input["parts"]);
  for (const part of flamingoParts) {
    const path = parts[part];
    if (typeof path !== "string") continue;
    const stated = typeof model[part] === "string" ? { kind: model[part] } : contentOf(model[part]);
    const { config } = await opened(part, path, stated, ({ config }) => Promise.resolve({ config }));
    if (config !== undefined) model[part] = completedConfig(part, config, stated, path);
  }
  return { ...input, ...("model" in input ? { model } : {}) };
}

/**
 * Weights by path of all parts that the run needs: of a frozen language model in the blocks that it is stored in, where it is and the config does not want float32. A frozen vision encoder is not among them, since
 * its features are.
 * @throws CheckpointError when a part is damaged, or holds what the model does not have
 */
export async function readParts({ parts, model, stage, train }: TrainingConfig): Promise<Map<string, HostTensor>> {
  const weights = new Map<string, HostTensor>();
  for (const part of flamingoParts) {
    const path = parts[part];
    if (path === undefined || (part === "vision" && model.freeze.vision)) continue;
    const frozen = stage === "language" ? part !== "language" : model.freeze[part];
    await opened(part, path, model[part], async ({ read }) => {
      const held = new Map<string, HostTensor>();
      for await (const [name, tensor] of read(frozen && train.blocks)) held.set(name, shared(tensor));
      if (part === "vision") fitPositions(model.vision, held);
      checkAreIn(model, held, path);
      for (const [name, tensor] of held) weights.set(name, tensor);
    });
  }
  return weights;
}

/** Learnt positions of a tower for pictures of the size that the config has: interpolated, where its weights were trained with another. */
export function fitPositions(vision: TrainingConfig["model"]["vision"], weights: Map<string, HostTensor>): void {
  if (!("patchSize" in vision)) return;
  const path = "vision.positions";
  const positions = weights.get(path);
  const placed = vision.kind === "clip-vit" || (vision.kind === "vit" && vision.gathering === "placed") ? 1 : 0;
  const rows = Math.floor(vision.imageSize / vision.patchSize);
  if (positions === undefined || positions.shape[1] !== vision.width || positions.shape[0] === placed + rows ** 2) return;
  const data = resizedPositions(positions.data as Float32Array, placed, vision.width, rows, vision.kind === "vit" && vision.antialias);
  weights.set(path, { dtype: "float32", shape: [placed + rows ** 2, vision.width], data });
}

/** What a file of our own form holds beyond what the config has would be lost without a word. Parameters that it lacks may be new ones. */
function checkAreIn(model: TrainingConfig["model"], held: ReadonlyMap<string, HostTensor>, path: string): void {
  const declared = new Flamingo(model, formatsOf(held)).parameters();
  const foreign = [...held].flatMap(([name, { shape }]) => {
    const wanted = declared.get(name)?.shape;
    if (wanted?.join() === shape.join()) return [];
    return [`${name} [${shape.join(", ")}] ${wanted === undefined ? "is nothing in the config" : `should be [${wanted.join(", ")}]`}`];
  });
  if (foreign.length > 0) throw new CheckpointError(firstTen(`${path}: its weights do not fit the config's model`, foreign));
}

async function opened<Result>(part: FlamingoPart, path: string, stated: Content, use: (opened: OpenedPart) => Promise<Result>): Promise<Result> {
  if (!existsSync(path))
    throw new ConfigError(`"parts.${part}" is ${path}, which is not there; train the stage that makes it first, or name another file or folder`);
  const source = await openPart(part, path, stated);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

function contentOf(value: unknown): Content {
  return typeof value === "object" && value !== null ? (value as Content) : {};
}
