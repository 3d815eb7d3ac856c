/** A model that is understood, with weights that are not read yet: what is needed to read them one after the other, however large they are together. */
import type { PreprocessingConfig } from "../data/preprocessing.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import type { DType } from "../graph/graph.ts";
import type { FlamingoConfig } from "../model/config.ts";
import { Flamingo, type FlamingoPart } from "../model/flamingo.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import { checkHashes, readJsonFile } from "./folder-files.ts";
import type { ModelDescription, PublishedDescription } from "./model-description.ts";
import { type OpenedPublished, openPublished } from "./published/open-published.ts";
import { readMapped } from "./published/read-mapped.ts";
import { checkMap } from "./published/weight-map.ts";
import { tokenizerOf, withAddedTokens } from "./tokenizer-file.ts";

/** A model folder whose weights are not read. */
export interface FoundModel {
  /** Where it was found; ends with a slash. */
  readonly location: string;
  readonly description: ModelDescription;
}

/** All of a model but its weights. */
export interface UnderstoodModel extends FoundModel {
  readonly config: FlamingoConfig;
  readonly preprocessing: PreprocessingConfig;
  /** The content of the tokenizer's file, with the model's own tokens. */
  readonly tokenizerJson: unknown;
  readonly tokenizer: Tokenizer;
  /** How each part's weights are stored; `int4` and `int8` are matrices in blocks, `w8a8` in channels. */
  readonly storedAs: Readonly<Record<FlamingoPart, StoredPart>>;
}

export interface StoredPart {
  readonly dtypes: readonly string[];
  readonly bytes: number;
}

export interface OpenedModel extends UnderstoodModel {
  /** What its weights are in memory, by path: float32, and matrices in few bits as `formatsOf` finds them. */
  readonly held: ReadonlyMap<string, { readonly dtype: DType; readonly shape: readonly number[] }>;
  /** Every weight, one after the other: by the path that the network declares it under, with everything that is stored for it (a matrix in few bits has codes, scales and perhaps minimums). */
  read(): AsyncGenerator<readonly [path: string, stored: ReadonlyMap<string, HostTensor>]>;
  /** Ends all reading. */
  close(): Promise<void>;
}

/**
 * A published checkpoint in the files that it came in; they stay open.
 * @param verify - whether the content of its files is checked, not only their sizes
 * @throws CheckpointError when a file is missing, damaged or cut short, or weights do not fit the config
 */
export async function openPublishedModel(location: string, description: PublishedDescription, verify: boolean): Promise<OpenedModel> {
  if (verify)
    await checkHashes(
      location,
      Object.values(description.parts).flatMap(({ files }) => files),
    );
  const opened = await openPublished(location, description);
  try {
    const { config, preprocessing } = opened.model;
    const tokenizerFile = location + description.tokenizer;
    const tokenizerJson = withAddedTokens(await readJsonFile(tokenizerFile), description.addedTokens, config.language, tokenizerFile);
    const tokenizer = tokenizerOf(tokenizerJson, description.markers, config.language, tokenizerFile);
    const expected = shapesOf(new Flamingo(config));
    checkMap(opened.model.weights, opened.weights, expected, location);
    return {
      location,
      description,
      config,
      preprocessing,
      tokenizerJson,
      tokenizer,
      storedAs: publishedStorage(opened, expected.keys()),
      held: new Map([...expected].map(([path, shape]) => [path, { dtype: "float32", shape }])),
      async *read() {
        for await (const [path, tensor] of readMapped(opened.model.weights, opened.weights, expected, location)) yield [path, new Map([[path, tensor]])];
      },
      close: opened.close,
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What a model expects of its weights. */
export function shapesOf(network: Flamingo): ReadonlyMap<string, readonly number[]> {
  return new Map([...network.parameters()].map(([path, { shape }]) => [path, shape as readonly number[]]));
}

/** How a published model's parts are stored, once its weights are known to be there: only the tensors that are needed count. */
export function publishedStorage({ model, weights }: OpenedPublished, paths: Iterable<string>): UnderstoodModel["storedAs"] {
  const byPart = Map.groupBy(paths, (path) => path.slice(0, path.indexOf(".")));
  const storage = (part: FlamingoPart): StoredPart => {
    const origins = new Set((byPart.get(part) ?? []).map((path) => weights.get(model.weights.origins.get(path)!.from)!));
    const dtypes = new Set([...origins].map(({ storedAs }) => storedAs));
    return { dtypes: [...dtypes], bytes: [...origins].reduce((sum, { bytes }) => sum + bytes, 0) };
  };
  return { vision: storage("vision"), resampler: storage("resampler"), fusion: storage("fusion"), language: storage("language") };
}
