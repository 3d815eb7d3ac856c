import { readFileSync } from "node:fs";
import fastCheck from "fast-check";
import { describe, expect, test } from "vitest";
import { openPytorch } from "../../src/checkpoint/pytorch/open-pytorch.ts";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import type { StoredTensor } from "../../src/checkpoint/stored-tensor.ts";
import type { ByteSource } from "../../src/data/byte-source.ts";
import { memorySource } from "./memory-source.ts";
import { archive, dict, type Operations, pickle, tensor } from "./pickle-writer.ts";
import { fixture, loadAll, open, pytorchFixtures } from "./pytorch-files.ts";

const expectations = JSON.parse(readFileSync(new URL("expected/expected.json", pytorchFixtures), "utf8")) as Record<
  string,
  { metadata: unknown; weights: [name: string, storedAs: string, shape: number[]][] }
>;

function bytesOf({ data }: StoredTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

describe("files of torch.save", () => {
  test.each(Object.entries(expectations))("%s: tensors and metadata are those that PyTorch reads", async (name, expected) => {
    const file = await open(fixture(name));
    expect(file.format).toBe("pytorch");
    expect([...file.weights].map(([weight, { storedAs, shape }]) => [weight, storedAs, shape])).toEqual(expected.weights);
    expect(JSON.stringify(file.metadata)).toBe(JSON.stringify(expected.metadata));
    const reference = readSafetensors(new Uint8Array(readFileSync(new URL(`expected/${name}.safetensors`, pytorchFixtures)))).tensors;
    const loaded = await loadAll(file);
    expect(loaded.size).toBe(reference.size);
    for (const [weight, tensorOfTorch] of reference) {
      expect(loaded.get(weight)!.dtype, weight).toBe(tensorOfTorch.dtype);
      expect(loaded.get(weight)!.shape, weight).toEqual(tensorOfTorch.shape);
      expect(bytesOf(loaded.get(weight)!), weight).toEqual(bytesOf(tensorOfTorch));
    }
  });

  test("a key called __proto__ is a key like any other", async () => {
    const { metadata } = await open(fixture("training"));
    expect(Object.hasOwn(metadata["config"] as object, "__proto__")).toBe(true);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test("a nested dict is taken alone when asked for", async () => {
    const all = await open(fixture("training"));
    const model = await open(fixture("training"), "model_state_dict");
    const names = [...all.weights.keys()].flatMap((name) => (name.startsWith("model_state_dict.") ? [name.slice("model_state_dict.".length)] : []));
    expect([...model.weights.keys()]).toEqual(names);
    expect(names).toContain("perceiver.latents");
    expect([...(await open(fixture("training"), "optimizer_state_dict.state")).weights.keys()][0]).toBe("0.step");
    await expect(open(fixture("training"), "module")).rejects.toThrow(/it has no dict "module"; dicts there: "model_state_dict", "optimizer_state_dict"/);
  });

  test("bytes in the file: elements shared by an expansion count once, those between strides not at all", async () => {
    const { weights } = await open(fixture("views"));
    const bytes = (name: string): number => weights.get(name)!.bytes;
    expect([bytes("base"), bytes("transposed"), bytes("columns"), bytes("expanded"), bytes("windows"), bytes("scalar"), bytes("empty")]).toEqual([
      240, 240, 80, 8, 56, 4, 0,
    ]);
  });
});

describe("reading", () => {
  /** Which bytes are asked for. */
  function watched(bytes: Uint8Array): { source: ByteSource; reads: [number, number][] } {
    const reads: [number, number][] = [];
    const inner = memorySource(bytes, "watched.pt");
    const read: ByteSource["read"] = (start, end) => {
      reads.push([start, end]);
      return inner.read(start, end);
    };
    return { reads, source: { ...inner, read } };
  }

  const storage = new Float32Array(100_000).map((_, i) => i);
  const place = async (): Promise<{ bytes: Uint8Array; start: number }> => {
    const view = (offset: number, shape: number[], strides: number[]): Operations => tensor({ elements: storage.length, offset, shape, strides });
    const bytes = await archive(pickle(dict(["a", view(0, [100, 1000], [1000, 1])], ["b", view(50_000, [10], [1])], ["c", view(0, [1000, 3], [1, 1000])])), {
      "data/0": new Uint8Array(storage.buffer),
      // Ends are read with the directory, so the storage must not lie there.
      "data/1": new Uint8Array(200_000),
    });
    return { bytes, start: Buffer.from(bytes).indexOf(Buffer.from(storage.buffer)) };
  };

  test("touches no storage before a tensor is loaded, and then its own elements once", async () => {
    const { bytes, start } = await place();
    const { source, reads } = watched(bytes);
    const { weights } = await openPytorch(source);
    const end = start + storage.byteLength;
    expect(reads.filter(([from, to]) => from < end && to > start)).toEqual([]);
    const readBy = async (name: string): Promise<[number, number][]> => {
      reads.length = 0;
      await weights.get(name)!.load();
      return reads.filter(([from, to]) => from < end && to > start);
    };
    expect(await readBy("b")).toEqual([[start + 200_000, start + 200_040]]);
    expect(await readBy("a")).toEqual([[start, end]]);
    expect(await readBy("c")).toEqual([[start, start + 12_000]]);
    expect(reads.length).toBe(1); // the place of the storage is known by then
  });

  test("elements at any address: sources may give a part of a larger buffer", async () => {
    const { bytes } = await place();
    for (const shift of [1, 2, 3]) {
      const source: ByteSource = {
        ...memorySource(bytes, "shifted.pt"),
        read: async (start, end) => {
          const buffer = Buffer.alloc(end - start + shift).subarray(shift);
          buffer.set(bytes.subarray(start, end));
          return buffer;
        },
      };
      expect(await (await openPytorch(source)).weights.get("b")!.load()).toEqual({ dtype: "float32", shape: [10], data: storage.slice(50_000, 50_010) });
    }
  });

  test("whatever the offset, shape and strides: element by element what they say", async () => {
    const elements = Int32Array.from({ length: 120 }, (_, i) => 1000 + i);
    const axes = fastCheck.array(fastCheck.record({ length: fastCheck.nat(4), stride: fastCheck.nat(9) }), { maxLength: 4 });
    const views = fastCheck.array(fastCheck.record({ axes, offset: fastCheck.nat(11) }), { minLength: 5, maxLength: 10 });
    await fastCheck.assert(
      fastCheck.asyncProperty(views, fastCheck.boolean(), async (all, compressed) => {
        const tensors = all.map(({ axes, offset }, i): [string, Operations] => {
          const [shape, strides] = [axes.map(({ length }) => length), axes.map(({ stride }) => stride)];
          return [`x${i}`, tensor({ type: "IntStorage", elements: elements.length, offset, shape, strides })];
        });
        const { weights } = await open(await archive(pickle(dict(...tensors)), { "data/0": new Uint8Array(elements.buffer) }, { compressed }));
        for (const [i, { axes, offset }] of all.entries()) {
          let places = [offset];
          for (const { length, stride } of axes) places = places.flatMap((start) => Array.from({ length }, (_, at) => start + at * stride));
          expect([...(await weights.get(`x${i}`)!.load()).data]).toEqual(places.map((each) => elements[each]));
        }
      }),
      { numRuns: 60 },
    );
  });
});
