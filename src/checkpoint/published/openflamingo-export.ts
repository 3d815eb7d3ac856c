/** A model as a checkpoint that OpenFlamingo's own code loads: its tensors under the names of `openflamingo.ts`, rows of tokens where its tokenizer has them. */
import { Tokenizer } from "../../data/tokenizer.ts";
import type { FlamingoConfig } from "../../model/config.ts";
import { Flamingo } from "../../model/flamingo.ts";
import { convertWeights } from "../convert-weights.ts";
import { CheckpointError } from "../errors.ts";
import type { OpenedModel } from "../opened-model.ts";
import type { LanguageFamily } from "./language/family.ts";
import { optFamily } from "./language/opt.ts";
import { wholeOpenFlamingoWeights } from "./openflamingo.ts";
import { openFlamingoFamily } from "./openflamingo-config.ts";
import { mappedShapes, writeMapped } from "./write-mapped.ts";

export interface OpenFlamingoExport {
  readonly family: LanguageFamily;
  /** What the embedding's last rows are for, in their order. */
  readonly newTokens: readonly string[];
  /** Of every tensor, by name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Every tensor once, in row-major order. */
  tensors(): AsyncGenerator<readonly [name: string, values: Float32Array]>;
}

export interface OpenFlamingoExportOptions {
  /** Whether frozen parts are left out but for the embedding and the head, as in the released checkpoints: OpenFlamingo then takes them from where they were published. Default: false. */
  readonly onlyTrained?: boolean;
  /** Whether OpenFlamingo adds a token for padding, which it does where the language model's tokenizer has none. Default: unless that is an OPT, whose has one. */
  readonly padding?: boolean;
}

export type ExportedModel = Pick<OpenedModel, "config" | "tokenizerJson" | "read"> & {
  readonly description: Pick<OpenedModel["description"], "name" | "markers">;
};

/** @throws CheckpointError when the model has an option or a token that OpenFlamingo's code does not have */
export function openFlamingoExport(
  { config, description, tokenizerJson, read }: ExportedModel,
  { onlyTrained = false, padding }: OpenFlamingoExportOptions = {},
): OpenFlamingoExport {
  const family = openFlamingoFamily(config, description.name);
  const tokens = tokenRows(tokenizerJson, description, config.language, padding ?? family !== optFamily);
  const declared = new Flamingo(config).weights();
  const kept = (path: string): boolean => !onlyTrained || !/^(vision|language)\./.test(path) || matrixOf(path) !== undefined;
  const shapes = new Map(
    [...declared].flatMap(([path, { shape }]): [string, readonly number[]][] => {
      if (!kept(path) || path !== (matrixOf(path) ?? path)) return [];
      return [[path, matrixOf(path) === undefined ? (shape as readonly number[]) : [tokens.rows.length, config.language.width]]];
    }),
  );
  const map = wholeOpenFlamingoWeights(config, family);
  const floats = async function* (): AsyncGenerator<readonly [string, Float32Array]> {
    for await (const [path, stored] of read()) {
      if (!kept(path)) continue;
      for (const [, { data }] of convertWeights(new Map([[path, declared.get(path)!]]), stored)) yield [path, data as Float32Array];
    }
  };
  return {
    family,
    newTokens: tokens.added,
    shapes: mappedShapes(map, shapes),
    tensors: () => writeMapped(map, withTokenRows(floats(), tokens.rows, config.language), shapes),
  };
}

/** The matrix that a weight's rows belong to, which has one for every token. Undefined: none. */
function matrixOf(path: string): string | undefined {
  return /^language\.(embedding|extraEmbedding)\.weight$/.test(path)
    ? "language.embedding.weight"
    : /^language\.(head|extraHead)\.weight$/.test(path)
      ? "language.head.weight"
      : undefined;
}

/** Puts the rows of embedding and head, ours of added tokens apart, together in another order. They come last. */
async function* withTokenRows(
  weights: AsyncIterable<readonly [path: string, values: Float32Array]>,
  rows: readonly (number | undefined)[],
  { vocabulary, width }: FlamingoConfig["language"],
): AsyncGenerator<readonly [path: string, values: Float32Array]> {
  const joined = new Map<string, Float32Array>();
  for await (const [path, values] of weights) {
    const matrix = matrixOf(path);
    if (matrix === undefined) {
      yield [path, values];
      continue;
    }
    const first = path === matrix ? 0 : vocabulary;
    const target = joined.get(matrix) ?? new Float32Array(rows.length * width);
    joined.set(matrix, target);
    rows.forEach((row, i) => {
      const start = row === undefined ? -1 : (row - first) * width;
      if (start >= 0 && start < values.length) target.set(values.subarray(start, start + width), i * width);
    });
  }
  yield* joined;
}

interface TokenRows {
  /** For each entry of OpenFlamingo's tokenizer our row of it. Undefined: padding that our model has not; zeros, about what is there before training. */
  readonly rows: readonly (number | undefined)[];
  readonly added: readonly string[];
}

/** OpenFlamingo adds its tokens after the language model's own entries, of which the published embedding may have fewer than rows. */
function tokenRows(json: unknown, { name, markers }: ExportedModel["description"], { vocabulary }: FlamingoConfig["language"], padding: boolean): TokenRows {
  const own = (json as { readonly added_tokens: readonly { readonly id: number; readonly content: string }[] }).added_tokens;
  const [before, after] = [own.filter(({ id }) => id < vocabulary), own.filter(({ id }) => id >= vocabulary)];
  const idOf = (token: string): number | undefined => own.find(({ content }) => content === token)?.id;
  const beside = after.filter(({ content }) => content !== markers.endOfChunk && content !== markers.image);
  const pad = beside.find(({ content }) => /pad/i.test(content));
  const unknown = beside.filter((token) => !padding || token !== pad);
  if (unknown.length > 0)
    throw new CheckpointError(
      `${name} has the added token${unknown.length > 1 ? "s" : ""} ${unknown.map(({ content }) => content).join(", ")}: OpenFlamingo's tokenizer has only <|endofchunk|>, <image>${padding ? " and <PAD>" : ""} beside the language model's own`,
    );
  const wanted: (readonly [token: string, row: number | undefined])[] = [
    ["<|endofchunk|>", idOf(markers.endOfChunk)],
    ["<image>", idOf(markers.image)],
    ...(padding ? [["<PAD>", pad?.id] as const] : []),
  ];
  const added = wanted.filter(([token]) => !before.some(({ content }) => content === token));
  const size = Tokenizer.sizeOf({ ...(json as object), added_tokens: before });
  return { rows: [...Array(size).keys(), ...added.map(([, row]) => row)], added: added.map(([token]) => token) };
}
