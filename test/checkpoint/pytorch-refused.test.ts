import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import type { WeightFile } from "../../src/checkpoint/weight-file.ts";
import { archive, dict, globalName, integer, type Operations, pickle, tensor, text, tuple, type View } from "./pickle-writer.ts";
import { fixture, open, pytorchFixtures } from "./pytorch-files.ts";

describe("refused", () => {
  const named: Record<string, RegExp> = {
    "attribute-of-allowed": /"builtins\.getattr"/,
    "call-of-a-type": /calls torch\.FloatStorage, which only names a type/,
    "dotted-name": /"collections\.OrderedDict\.fromkeys"/,
    eval: /"__builtin__\.eval"/,
    "eval-protocol-4": /"builtins\.eval"/,
    extension: /operation 0x82 at byte 2/,
    getattr: /"__builtin__\.getattr"/,
    "in-a-tensors-place": /"posix\.system"/,
    instance: /"os\.system"/,
    "instance-of-allowed": /operation INST/,
    "long-name": /"a{120}…"/,
    "nested-reduce": /"__builtin__\.exec"/,
    "persistent-global": /"builtins\.exec"/,
    "state-of-a-type": /sets the state of something that is no OrderedDict/,
    system: /"posix\.system", .* nothing of it was run/,
  };

  test("every hostile fixture is looked at", () => {
    expect(readdirSync(new URL("hostile/", pytorchFixtures)).sort()).toEqual(
      Object.keys(named)
        .map((name) => `${name}.pt`)
        .sort(),
    );
  });

  test.each(Object.entries(named))("hostile: %s", async (name, message) => {
    const bytes = fixture(`hostile/${name}`);
    await expect(open(bytes)).rejects.toThrow(CheckpointError);
    await expect(open(bytes)).rejects.toThrow(message);
    // No control characters reach the terminal.
    await expect(open(bytes)).rejects.toThrow(/^[^\p{Cc}]{1,500}$/u);
  });

  test.each([
    ["legacy", /format of PyTorch before 1\.6.*save its state_dict again/],
    ["namespace", /"argparse\.Namespace".*save its state_dict alone/],
    ["numpy", /"numpy\._core\.multiarray\.scalar"/],
    ["pickle", /a pickle without PyTorch's archive/],
    ["tensor", /no dict of named tensors; save a state_dict/],
    ["torchscript", /TorchScript program.*torch\.jit\.load/],
    ["whole-module", /"__main__\.Tiny"/],
  ])("not weights that can be read: %s", async (name, message) => {
    await expect(open(fixture(`other/${name}`))).rejects.toThrow(CheckpointError);
    await expect(open(fixture(`other/${name}`))).rejects.toThrow(message);
  });

  test.each([
    ["complex", "complex64", /tensor "weight": is stored as complex64, which cannot be read; readable are float32, .*: convert it to one of them/],
    ["float8", "float8_e5m2", /tensor "weight": is stored as float8_e5m2, which cannot be read/],
    ["negated", "float32", /tensor "weight": is a lazy view \(negated or conjugated\), which cannot be read: save it after resolve_neg/],
  ])("only when they are asked for: %s", async (name, storedAs, message) => {
    const weight = (await open(fixture(`other/${name}`))).weights.get("weight")!;
    expect([weight.storedAs, weight.shape]).toEqual([storedAs, [2]]);
    await expect(weight.load()).rejects.toThrow(CheckpointError);
    await expect(weight.load()).rejects.toThrow(message);
  });

  test("tensors of all types beside each other: those that can be read are", async () => {
    const { weights } = await open(fixture("other/types"));
    const results = await Promise.all(
      [...weights].map(async ([name, { load }]) => [
        name,
        await load().then(
          ({ dtype, data }) => [dtype, ...data].join(" "),
          (error: unknown) => (error as Error).message.replace(/^.*?: tensor /, "").slice(0, 45),
        ),
      ]),
    );
    expect(Object.fromEntries(results)).toEqual({
      complex64: '"complex64": is stored as complex64, which ca',
      complex128: '"complex128": is stored as complex128, which ',
      float8_e4m3fn: '"float8_e4m3fn": is stored as float8_e4m3fn, ',
      float8_e5m2: '"float8_e5m2": is stored as float8_e5m2, whic',
      uint64: '"uint64": is stored as uint64, which cannot b',
      uint32: "int64 2 3",
      uint16: "int32 2 3",
      float32: "float32 2 3",
      conjugated: '"conjugated": is a lazy view (negated or conj',
    });
  });

  const one: View = { elements: 4, shape: [4], strides: [1] };
  const content = { "data/0": new Uint8Array(16) };
  const get = (index: number): Operations => [0x68, index];
  const put = (index: number): Operations => [0x71, index];
  /** Each list holds the one before it ten times. */
  const laughs = Array.from({ length: 30 }, (_, i) => [0x5d, ...put(i + 1), 0x28, ...Array.from({ length: 10 }, () => get(i)).flat(), 0x65]);

  test.each<[string, Operations[], RegExp]>([
    [
      "a storage longer than its entry",
      [dict(["x", tensor({ ...one, elements: 5 })])],
      /tensor "x": its storage "0" says that it has 5 elements of 4 bytes, yet is 16/,
    ],
    ["a view beyond its storage", [dict(["x", tensor({ ...one, offset: 1 })])], /float32 \[4\] with strides \[1\] from 1 reaches element 5 of 4/],
    ["strides beyond the storage", [dict(["x", tensor({ ...one, shape: [2, 2], strides: [3, 1] })])], /reaches element 5 of 4/],
    ["a storage that is not there", [dict(["x", tensor({ ...one, key: "7" })])], /tensor "x": its storage "7" is not in the file/],
    ["a storage with a path", [dict(["x", tensor({ ...one, key: "../data.pkl" })])], /its storage "\.\.\/data\.pkl" is not in the file/],
    ["2^40 elements made of one", [dict(["x", tensor({ ...one, shape: [2 ** 20, 2 ** 20], strides: [0, 0] })])], /would take 4398046511104 bytes, made of 4/],
    ["more elements than numbers", [dict(["x", tensor({ ...one, shape: Array(40).fill(2 ** 50), strides: Array(40).fill(0) })])], /would take Infinity bytes/],
    ["strides past all numbers", [dict(["x", tensor({ ...one, shape: [2 ** 50, 2 ** 50], strides: [2 ** 50, 2 ** 50] })])], /reaches element/],
    ["a negative size", [dict(["x", tensor({ ...one, shape: [-4] })])], /are not lists of sizes that fit together/],
    ["a negative offset", [dict(["x", tensor({ ...one, offset: -1 })])], /are not lists of sizes that fit together/],
    ["fewer strides than sizes", [dict(["x", tensor({ ...one, shape: [2, 2] })])], /are not lists of sizes that fit together/],
    ["65 axes", [dict(["x", tensor({ ...one, shape: Array(65).fill(1), strides: Array(65).fill(1) })])], /are not lists of sizes that fit together/],
    ["two tensors of one name", [dict(["a", dict(["b", tensor(one)])], ["a.b", tensor(one)])], /two of its tensors are named "a\.b"/],
    [
      "a storage alone",
      [dict(["x", [...tuple(text("storage"), globalName("torch", "FloatStorage"), text("0"), text("cpu"), integer(4)), 0x51]])],
      /"x" is a storage/,
    ],
    ["a list that contains itself", [dict(["x", [0x5d, ...put(0), ...get(0), 0x61]])], /more than 64 deep at "x\.0\.0.*contains itself/],
    ["lists of lists", [dict(["x", [...Array(500).fill(0x5d), ...Array(499).fill(0x61)]])], /more than 64 deep/],
    ["lists repeated without end", [dict(["x", [0x5d, 0x28, 0x5d, ...put(0), ...laughs.flat(), 0x65]])], /repeats the same values again and again/],
    [
      "a tensor repeated without end",
      [dict(["x", [0x5d, 0x28, ...tensor(one), ...put(0), ...laughs.flat(), 0x65]])],
      /repeats the same values again and again/,
    ],
    ["a value taken and left", [dict(), [0x30]], /operation 0x30 at byte 5/],
    ["an integer of 2^31 bytes", [[0x8b, 0, 0, 0, 0x80]], /integer of 2147483648 bytes/],
    ["text longer than the file", [[0x58, 0xff, 0xff, 0xff, 0xff]], /within a value of 4294967295 bytes/],
    ["text of 2^64 bytes", [[0x8d, ...Array<number>(8).fill(0xff)]], /within a value of 18446744073709552000 bytes/],
    ["text that is not UTF-8", [[0x58, 1, 0, 0, 0, 0xff]], /the text at byte 7 is not UTF-8/],
    ["a name without an end", [[0x63, 0x61]], /ends within a name/],
    ["an empty stack", [[0x61]], /takes more values from its stack than there are/],
    ["a value from below a mark", [dict(), [0x28, 0x85]], /takes more values from its stack than there are/],
    ["a mark that is not there", [[0x74]], /up to a mark that is not there/],
    ["a value remembered of nothing", [put(0)], /uses a value of its stack when there is none/],
    ["a value never seen", [get(9)], /recalls the value 9, which it has not seen/],
    ["values left over", [[0x4e], dict()], /values left over/],
    ["an item of a list", [[0x5d, 0x4e, 0x4e, 0x73]], /item of something that is no dict/],
    ["an element of a dict", [[0x7d, 0x4e, 0x61]], /appends to something that is no list/],
    ["a key without a value", [[0x7d, 0x28, 0x4e, 0x75]], /key without a value/],
    ["a key that is a list", [[0x7d, 0x5d, 0x4e, 0x73]], /keys are neither text nor numbers/],
    ["a call of a number", [[0x4b, 1, 0x29, 0x52]], /calls something that is no function/],
    ["a reference to a number", [[0x4b, 1, 0x51]], /refers to something that is no storage/],
    ["a tensor of a number", [globalName("torch._utils", "_rebuild_tensor_v2"), tuple(integer(1)), [0x52]], /tensor without a storage/],
    ["a parameter of a number", [globalName("torch._utils", "_rebuild_parameter"), tuple(integer(1)), [0x52]], /parameter that is no tensor/],
    ["an OrderedDict of a number", [globalName("collections", "OrderedDict"), tuple(integer(1)), [0x52]], /OrderedDict of something that is no list/],
    ["an unknown protocol", [[0x80, 6]], /protocol 6; known are those up to 5/],
    ["no dict", [[0x4e]], /no dict of named tensors/],
  ])("a pickle with %s", async (_, operations, message) => {
    const bytes = await archive(pickle(...operations), content);
    await expect(open(bytes)).rejects.toThrow(CheckpointError);
    await expect(open(bytes)).rejects.toThrow(message);
    await expect(open(bytes)).rejects.toThrow(/^weights\.pt: /);
  });

  test.each<[string, number, RegExp]>([
    ["objects of one byte, each within the next", 0x85, /more than 500000 objects/],
    ["values of one byte", 0x4e, /more than 500000 values on its stack/],
    ["marks of one byte", 0x28, /more than 500000 marks/],
  ])("a pickle of millions of %s", async (_, code, message) => {
    const bytes = await archive(new Uint8Array(1_000_000).fill(code).fill(0x29, 0, 1), {}, { compressed: true });
    expect(bytes.length).toBeLessThan(10_000);
    await expect(open(bytes)).rejects.toThrow(message);
  });

  test("memory numbered by billions takes no more than its values", async () => {
    const operations = Array.from({ length: 1000 }, (_, i) => [0x4b, 1, 0x72, i % 256, i >> 8, 0xff, 0xff, 0x61]).flat();
    const { metadata } = await open(await archive(pickle([0x7d], text("x"), [0x5d], operations, [0x73])));
    expect(metadata).toEqual({ x: Array(1000).fill(1) });
  });

  test("archives that are none of torch.save, or damaged", async () => {
    const good = pickle(dict(["x", tensor(one)]));
    const names = async (bytes: Promise<Uint8Array>, message: RegExp): Promise<void> => {
      await expect(open(await bytes)).rejects.toThrow(CheckpointError);
      await expect(open(await bytes)).rejects.toThrow(message);
    };
    await names(archive(good, content, { folder: "" }), /0 entries FOLDER\/data\.pkl/);
    await names(archive(good, content, { folder: "deep/archive/" }), /0 entries FOLDER\/data\.pkl/);
    await names(archive(good, { ...content, byteorder: "big" }), /in "big" byte order/);
    await names(archive(good, { ...content, byteorder: "x".repeat(100) }), /byte order/);
    await names(Promise.resolve(new Uint8Array()), /not a file of torch\.save/);
    await names(Promise.resolve(Uint8Array.of(0x50, 0x4b, 3, 4)), /zip directory cannot be read.*fetch it again/);
    const whole = await archive(good, content);
    for (const end of [100, whole.length - 30, whole.length - 1])
      await names(Promise.resolve(whole.subarray(0, end)), /zip directory cannot be read .*the download or copy was interrupted/);
  });

  test("a compressed entry that is not what it says", async () => {
    const many = new Uint8Array(100_000);
    const bytes = await archive(pickle(dict(["x", tensor({ ...one, elements: 25_000 })])), { "data/0": many }, { compressed: true });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const entry = Buffer.from(bytes).lastIndexOf("archive/data/0") - 46;
    expect(view.getUint32(entry, true)).toBe(0x02014b50);
    const claiming = async (size: number): Promise<WeightFile> => {
      view.setUint32(entry + 24, size, true);
      return open(bytes.slice());
    };
    await expect((await claiming(100_000)).weights.get("x")!.load()).resolves.toMatchObject({ shape: [4] });
    await expect((await claiming(100_001)).weights.get("x")!.load()).rejects.toThrow(/holds only 100000 bytes than the 100001/);
    await expect((await claiming(4_000_000_000)).weights.get("x")!.load()).rejects.toThrow(/compressed and 4000000000 bytes long, of which at most/);
    await expect((await claiming(500_000_000)).weights.get("x")!.load()).rejects.toThrow(/cannot hold 500000000 bytes in/);
  });
});
