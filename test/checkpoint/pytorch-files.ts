import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { openPytorch } from "../../src/checkpoint/pytorch/open-pytorch.ts";
import type { StoredTensor } from "../../src/checkpoint/stored-tensor.ts";
import type { WeightFile } from "../../src/checkpoint/weight-file.ts";
import { memorySource } from "./memory-source.ts";

/** Made by tools/reference/pytorch_checkpoint.py with PyTorch. */
export const pytorchFixtures: URL = new URL("../fixtures/checkpoint/pytorch/", import.meta.url);

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.pt`, pytorchFixtures)));
}

export function open(bytes: Uint8Array, within?: string): Promise<WeightFile> {
  return openPytorch(memorySource(bytes, "weights.pt"), within === undefined ? {} : { within });
}

/** Loads every tensor; each must have as many values as its shape says. */
export async function loadAll({ weights }: WeightFile): Promise<Map<string, StoredTensor>> {
  const loaded = new Map<string, StoredTensor>();
  for (const [name, weight] of weights) {
    const stored = await weight.load();
    expect(stored.shape).toEqual(weight.shape);
    expect(stored.data.length).toBe(weight.shape.reduce((product, size) => product * size, 1));
    loaded.set(name, stored);
  }
  return loaded;
}
