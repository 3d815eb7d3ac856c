/** The smallest run: a language model that learns to count, trained in a fraction of a second. */
import { Random } from "../../src/data/random.ts";
import type { RunFiles } from "../../src/train/run-files.ts";
import { batchFeeds, labelsOf, type Row } from "../../src/train/text-batches.ts";
import { parseTrainingConfig, type TrainingConfig } from "../../src/train/training-config.ts";
import type { BatchPart } from "../../src/train/training-source.ts";

export const tiny = {
  name: "tiny",
  stage: "language",
  model: {
    vision: { kind: "mobilenet-v2", imageSize: 32, features: ["stride32"] },
    resampler: { kind: "perceiver", width: 8, layers: 1, heads: 1, headDim: 8, latents: 2, frames: 1 },
    language: { vocabulary: 11, width: 16, blocks: 2, heads: 2, hidden: 24, maxTokens: 32 },
    fusion: { kind: "gated-cross-attention-dense", heads: 1, headDim: 8 },
  },
  tokenizer: { file: "unused" },
  data: [{ kind: "module", name: "counting", module: "unused", rows: 4, tokens: 16 }],
  optimiser: { learningRate: 0.01, warmup: 2, decay: "cosine" },
  train: { steps: 12, seed: 3, saveEvery: 100 },
} as const;

export const tinyConfig = (changes: object = {}): TrainingConfig => parseTrainingConfig({ ...tiny, ...changes });

/** Rows that count upwards from anywhere: what comes next is always the same. */
export function countingRows(seed: string, rows: number, length: number): Row[] {
  const random = new Random("counting", seed);
  return Array.from({ length: rows }, () => {
    const start = random.integer(0, 9);
    return { tokens: Array.from({ length }, (_, i) => (start + i) % 10), weights: Array.from({ length }, () => 1) };
  });
}

/** A part of a batch. */
export function counting(rows: readonly Row[]): BatchPart {
  return {
    labels: labelsOf(rows),
    tokens: rows.reduce((sum, { tokens }) => sum + tokens.length, 0),
    pictures: 0,
    feeds: () => Promise.resolve({ ...batchFeeds(rows, 10) }),
  };
}

export function memoryFiles(): RunFiles & { stored: Map<string, Uint8Array> } {
  const stored = new Map<string, Uint8Array>();
  return {
    stored,
    read: (name) => Promise.resolve(stored.get(name)),
    write: (name, bytes) => Promise.resolve(void stored.set(name, bytes)),
    list: () => Promise.resolve([...stored.keys()]),
    keep: (name, as) => Promise.resolve(void stored.set(as, stored.get(name)!)),
    remove: (name) => Promise.resolve(void stored.delete(name)),
  };
}
