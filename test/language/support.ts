import { input, type Tensor } from "../../src/graph/graph.ts";
import { type LanguageConfig, languageConfig } from "../../src/model/language/config.ts";
import { LanguageModel } from "../../src/model/language/language-model.ts";
import type { KeyValue } from "../../src/model/language/self-attention.ts";
import { Scope } from "../../src/nn/scope.ts";
import { compile, floats, integers, noise, type Value, type Values, weightsOf } from "../model/support.ts";

export const vocabulary = 13;
export const extraTokens = 2;
const entries = vocabulary + extraTokens;

/** A model with weights that are large enough for every option to show in the logits. */
export function smallModel(options: object): { config: LanguageConfig; model: LanguageModel; scope: Scope; weights: Record<string, Value> } {
  const config = languageConfig.parse({ vocabulary, extraTokens, width: 16, blocks: 2, heads: 4, hidden: 24, maxTokens: 24, ...options });
  const scope = new Scope();
  const model = new LanguageModel(scope, config);
  const weights = weightsOf(scope.parameters().values(), (path, values) => {
    const shake = noise(
      values.length,
      [...path].reduce((sum, character) => sum + character.charCodeAt(0), 0),
    );
    return values.map((value, i) => value + 0.5 * shake[i]!);
  });
  return { config, model, scope, weights };
}

export type Run = (values: Values) => Promise<Record<string, Float32Array>>;

export async function fullPass(model: LanguageModel): Promise<Run> {
  return compile({ logits: model.forward({ tokens: input("tokens", "int64", ["batch", "tokens"]) }).logits });
}

export async function cachedPass(model: LanguageModel, { keyHeads, headDim, blocks }: LanguageConfig): Promise<Run> {
  const side = (block: number, name: string): Tensor => input(`cache.${block}.${name}`, "float32", ["batch", keyHeads, "past", headDim]);
  const cache: KeyValue[] = Array.from({ length: blocks }, (_, i) => ({ key: side(i, "key"), value: side(i, "value") }));
  const { logits, newCache } = model.forward({
    tokens: input("tokens", "int64", ["batch", "tokens"]),
    pastLengths: input("pastLengths", "int64", ["batch"]),
    cache,
  });
  const rows = newCache.flatMap(
    ({ key, value }, i) =>
      [
        [`new.${i}.key`, key],
        [`new.${i}.value`, value],
      ] as const,
  );
  return compile({ logits, ...Object.fromEntries(rows) });
}

/** A cache of `past` rows, of which none is valid yet: filled with large numbers, which nothing may ever see. */
export class CacheRows {
  readonly lengths: number[];
  private readonly past: number;
  private readonly config: LanguageConfig;
  private readonly buffers: Map<string, Float32Array>;

  constructor(config: LanguageConfig, batch: number, past: number) {
    this.config = config;
    this.past = past;
    this.lengths = Array.from({ length: batch }, () => 0);
    const names = Array.from({ length: config.blocks }, (_, i) => [`${i}.key`, `${i}.value`]).flat();
    const size = batch * config.keyHeads * past * config.headDim;
    this.buffers = new Map(names.map((name, i) => [name, noise(size, i).map((value) => 100 * value)]));
  }

  feeds(): Values {
    const shape = [this.lengths.length, this.config.keyHeads, this.past, this.config.headDim];
    const caches = [...this.buffers].map(([name, data]) => [`cache.${name}`, floats(shape, data)] as const);
    return { ...Object.fromEntries(caches), pastLengths: integers([this.lengths.length], this.lengths) };
  }

  /** Keeps the first `counts[row]` new rows of each row of the batch. @param tokens - how many were run */
  append(results: Readonly<Record<string, Float32Array>>, tokens: number, counts: readonly number[]): void {
    const { keyHeads, headDim } = this.config;
    for (const [name, buffer] of this.buffers) {
      counts.forEach((count, row) => {
        for (let head = 0; head < keyHeads; head++) {
          const from = (row * keyHeads + head) * tokens * headDim;
          const to = ((row * keyHeads + head) * this.past + this.lengths[row]!) * headDim;
          buffer.set(results[`new.${name}`]!.subarray(from, from + count * headDim), to);
        }
      });
    }
    counts.forEach((count, row) => {
      this.lengths[row]! += count;
    });
  }
}

/** Reproducible tokens, extra ones among them. */
export function document(length: number, seed: number): number[] {
  return Array.from(noise(length, seed), (value) => Math.floor(((value + 1) / 2) * entries));
}

/** The scores of one position. @param logits - [batch, tokens, entries] */
export function scoresAt(logits: Float32Array, tokens: number, row: number, position: number): Float32Array {
  const start = (row * tokens + position) * entries;
  return logits.subarray(start, start + entries);
}
