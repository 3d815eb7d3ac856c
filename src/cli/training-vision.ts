/** The frozen vision encoder of a training run: its features of every stored picture, and of pictures that are drawn anew each time. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { openPart } from "../checkpoint/model-part.ts";
import type { PartPixels } from "../checkpoint/opened-part.ts";
import type { ShowProgress } from "../data/prepare.ts";
import { type PreprocessingConfig, preprocessingConfig, withStated } from "../data/preprocessing.ts";
import { input, toOnnx } from "../graph/graph.ts";
import { ConfigError, parseConfig, withoutDefaults } from "../model/strict-config.ts";
import { evidenceRows } from "../model/vision/class-evidence.ts";
import { createVisionEncoder, visionConfig } from "../model/vision/vision.ts";
import { Scope } from "../nn/scope.ts";
import type { HostTensor, Runtime } from "../runtime/runtime.ts";
import type { FeatureEncoder } from "../train/feature-store.ts";
import { buildFeatureStore, FeatureStore } from "../train/platform/node-feature-store.ts";
import type { StoredPictures } from "../train/sources/source.ts";
import type { TrainingConfig } from "../train/training-config.ts";
import { visionFeatureEncoder } from "../train/vision-features.ts";
import { fitPositions } from "./training-parts.ts";

export interface TrainingVision {
  readonly encoder: FeatureEncoder;
  /** Classes of its classifier, and rows of its features before theirs. */
  readonly classes: number;
  readonly grid: number;
  readonly preprocessing: PreprocessingConfig;
}

/**
 * How pictures become what a vision encoder that is trained takes.
 * @throws ConfigError when nothing says how pixels are normalised
 */
export async function trainedVisionPreprocessing(config: TrainingConfig): Promise<PreprocessingConfig> {
  const { model, parts } = config;
  const part = parts.vision === undefined ? undefined : await openPart("vision", resolve(parts.vision), model.vision);
  await part?.close();
  return preprocessingOf(config, part?.pixels, createVisionEncoder(new Scope().child("vision"), model.vision).imageSize);
}

/**
 * @throws ConfigError when the config names no weights of a vision encoder, or nothing says how its pixels are normalised
 */
export async function openTrainingVision(config: TrainingConfig, runtime: Runtime): Promise<TrainingVision> {
  const { name, model, parts } = config;
  if (parts.vision === undefined)
    throw new ConfigError(`the config "${name}" learns from pictures; name the frozen vision encoder's weights with parts: { vision: … }`);
  const part = await openPart("vision", resolve(parts.vision), model.vision);
  try {
    const network = createVisionEncoder(new Scope().child("vision"), model.vision);
    const [height, width] = network.imageSize;
    const preprocessing = preprocessingOf(config, part.pixels, network.imageSize);
    const { mean, deviation } = preprocessing;
    const hash = createHash("sha256");
    for (const file of part.files) for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
    const tensors = new Map<string, HostTensor>();
    for await (const [path, tensor] of part.read(false)) tensors.set(path, tensor);
    fitPositions(model.vision, tensors);
    const encoder = visionFeatureEncoder({
      runtime,
      graph: toOnnx({ outputs: { features: network.forward(input("pixels", "float32", ["images", 3, height, width])) } }),
      weights: tensors,
      key: hash
        .update(JSON.stringify({ config: withoutDefaults(model.vision, (input) => parseConfig(visionConfig, input, "vision encoder")), mean, deviation }))
        .digest("hex"),
      size: width,
      positions: network.spatial,
      width: network.width,
      mean,
      deviation,
    });
    const { classes, spatial } = network;
    return {
      encoder,
      classes,
      grid: spatial - evidenceRows(classes, network.width),
      preprocessing,
    };
  } finally {
    await part.close();
  }
}

/** How pictures are made: as the config says, else as the encoder's weights come with. @throws ConfigError when neither says how pixels are normalised */
export function preprocessingOf(
  { parts, preprocessing }: { readonly parts: { readonly vision?: string | undefined }; readonly preprocessing: TrainingConfig["preprocessing"] },
  found: PartPixels | undefined,
  [height, width]: readonly [height: number, width: number],
): PreprocessingConfig {
  const said = withStated({ fit: "pad", ...found }, preprocessing);
  if (said.mean === undefined || said.deviation === undefined)
    throw new ConfigError(
      `nothing says how pixels are normalised for ${parts.vision ?? "the vision encoder"}; name preprocessing: { mean: […], deviation: […] }, of values from 0 to 1`,
    );
  return parseConfig(preprocessingConfig, { ...said, size: [height, width] }, "preprocessing");
}

/** Encodes what the folder does not hold yet of a data set's pictures. The caller closes the store. */
export async function openStoredPictures(folder: string, pictures: StoredPictures, encoder: FeatureEncoder, show: ShowProgress): Promise<FeatureStore> {
  const { ids, versions, key, render } = pictures;
  const building = buildFeatureStore({
    folder,
    encoder: { ...encoder, key: createHash("sha256").update(`${encoder.key} ${key}`).digest("hex") },
    pictures: ids,
    versions,
    render: async (id, version) => (await render(id, version, encoder.size)).data,
  });
  for await (const { done, total, secondsLeft } of building) show(`features ${done}/${total}, ${Math.ceil(secondsLeft / 60)} min left`, done === total);
  return FeatureStore.open(folder);
}
