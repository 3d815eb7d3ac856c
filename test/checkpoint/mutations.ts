import fastCheck, { type Arbitrary } from "fast-check";
import { expect } from "vitest";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import type { WeightFile } from "../../src/checkpoint/weight-file.ts";
import type { ByteSource } from "../../src/data/byte-source.ts";
import { memorySource } from "./memory-source.ts";

/** Bytes set to other values, most of them among the first `header` ones, and perhaps the end cut off. */
function damaged(bytes: Uint8Array, header: number): Arbitrary<Uint8Array> {
  const value = fastCheck.oneof(fastCheck.nat(255), fastCheck.constantFrom(0, 1, 2, 8, 9, 0x7f, 0x80, 0xff));
  const place = fastCheck.oneof({ arbitrary: fastCheck.nat(header - 1), weight: 5 }, { arbitrary: fastCheck.nat(bytes.length - 1), weight: 1 });
  const changes = fastCheck.array(fastCheck.tuple(place, value), { maxLength: 6 });
  const end = fastCheck.oneof({ arbitrary: fastCheck.constant(bytes.length), weight: 2 }, { arbitrary: fastCheck.nat(bytes.length), weight: 1 });
  return fastCheck.tuple(changes, end).map(([places, length]) => {
    const file = bytes.slice(0, length);
    for (const [at, to] of places) if (at < length) file[at] = to;
    return file;
  });
}

/**
 * Opens damaged files and loads all of their tensors: each step gives a CheckpointError, or as many numbers as the shape says and no more than the file can hold.
 * @param header - bytes at the beginning that are damaged most
 * @returns how many of the files were refused
 */
export async function openDamaged(bytes: Uint8Array, header: number, open: (source: ByteSource) => Promise<WeightFile>, numRuns: number): Promise<number> {
  let refused = 0;
  await fastCheck.assert(
    fastCheck.asyncProperty(damaged(bytes, header), async (file) => {
      const started = performance.now();
      try {
        const { weights } = await open(memorySource(file, "damaged"));
        for (const { shape, bytes: taken, load, blocks } of weights.values()) {
          expect(taken).toBeLessThanOrEqual(file.length);
          expect((await load()).data.length).toBe(shape.reduce((product, size) => product * size, 1));
          if (blocks !== undefined) expect((await blocks.load()).scales.length * blocks.blockSize).toBe(shape.reduce((product, size) => product * size, 1));
        }
      } catch (error) {
        expect(error).toBeInstanceOf(CheckpointError);
        refused++;
      }
      expect(performance.now() - started).toBeLessThan(5000);
    }),
    { numRuns },
  );
  return refused;
}

/**
 * Opens files with a damaged header and whole tensors: each is refused, or those of its tensors that are still called, stored and shaped as before hold what they held.
 * @param header - bytes at the beginning, the only ones that are damaged
 * @returns how many of the files were refused
 */
export async function sameOrRefused(bytes: Uint8Array, header: number, open: (source: ByteSource) => Promise<WeightFile>, numRuns: number): Promise<number> {
  const whole = await open(memorySource(bytes, "whole"));
  const change = fastCheck.tuple(fastCheck.nat(header - 1), fastCheck.oneof(fastCheck.nat(255), fastCheck.integer({ min: 0x30, max: 0x39 })));
  let refused = 0;
  await fastCheck.assert(
    fastCheck.asyncProperty(fastCheck.array(change, { minLength: 1, maxLength: 2 }), async (changes) => {
      const file = bytes.slice();
      for (const [at, to] of changes) file[at] = to;
      const opened = await open(memorySource(file, "damaged")).catch((error: unknown) => {
        expect(error).toBeInstanceOf(CheckpointError);
      });
      if (opened === undefined) refused++;
      for (const [name, weight] of opened?.weights ?? []) {
        const before = whole.weights.get(name);
        if (before === undefined || before.storedAs !== weight.storedAs || before.shape.join() !== weight.shape.join()) continue;
        expect(await weight.load()).toEqual(await before.load());
      }
    }),
    { numRuns },
  );
  return refused;
}
