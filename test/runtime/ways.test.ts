import { afterEach, describe, expect, test, vi } from "vitest";
import { add, cast, concat, type DType, input, matmul, parameter, softmax, type Tensor, toOnnx } from "../../src/graph/graph.ts";
import { zeros } from "../../src/nn/initialisers.ts";
import { createRuntime, type HostTensor, type Runtime, RuntimeError } from "../../src/runtime/runtime.ts";
import { runProcess, stressCall } from "./run-program.ts";

afterEach(() => vi.unstubAllEnvs());

/** On Linux there are both; elsewhere the binding alone. */
const ways = process.platform === "linux" ? (["c", "binding"] as const) : (["binding"] as const);

async function openWay(way: "c" | "binding", worker = true): Promise<Runtime> {
  vi.stubEnv("FLAMINGO_ONNX_RUNTIME", way);
  return createRuntime({ device: "cpu", threads: 1, worker });
}

const floats = (shape: readonly number[], seed: number): HostTensor & { readonly data: Float32Array } => ({
  dtype: "float32",
  shape,
  data: Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => Math.sin(seed + i)),
});

describe.each(ways)("ONNX Runtime by way of %s", (way) => {
  test.each([true, false])("gives the same bits as the other, worker: %s", async (worker) => {
    const x = input("x", "float32", ["rows", 24]);
    const weight = parameter("weight", [16, 24], zeros);
    const product = matmul(x, weight, { transposeB: true });
    const graph = toOnnx({ outputs: { y: softmax(product), joined: concat([product, x], 1) } });
    const run = async (runtime: Runtime): Promise<Record<string, HostTensor>> => {
      const session = await runtime.compile(graph, new Map([["weight", floats([16, 24], 1)]]));
      const result = await session.run({ x: floats([3, 24], 2) });
      await runtime.dispose();
      return result;
    };
    const found = await run(await openWay(way, worker));
    expect(found["y"]).toMatchObject({ dtype: "float32", shape: [3, 16] });
    expect(found["joined"]!.shape).toEqual([3, 40]);
    expect(found).toEqual(await run(await openWay("binding")));
  });

  test.each<[DType, HostTensor["data"]]>([
    ["float32", Float32Array.of(1, -2, 3)],
    ["float16", Uint16Array.of(0x3c00, 0xc000, 0x4200)],
    ["int64", BigInt64Array.of(1n, -2n, 3n)],
    ["int32", Int32Array.of(1, -2, 3)],
    ["uint8", Uint8Array.of(1, 254, 3)],
    ["int8", Int8Array.of(1, -2, 3)],
    ["bool", Uint8Array.of(1, 0, 1)],
  ])("takes and gives %s, also from shared memory, nothing at all, and part of an array", async (dtype, data) => {
    const runtime = await openWay(way);
    const x = input("x", dtype, ["n"]);
    const session = await runtime.compile(toOnnx({ outputs: { same: concat([x, x], 0), float: cast(x, "float32") } }), new Map());
    const shared = new (data.constructor as Float32ArrayConstructor)(new SharedArrayBuffer(data.byteLength)) as HostTensor["data"];
    (shared as Uint8Array).set(data as Uint8Array);
    for (const given of [data, shared]) {
      const { same, float } = await session.run({ x: { dtype, shape: [3], data: given } });
      expect(same).toEqual({ dtype, shape: [6], data: new (data.constructor as Uint8ArrayConstructor)([...(data as Uint8Array), ...(data as Uint8Array)]) });
      expect([...float!.data]).toHaveLength(3);
    }
    expect((await session.run({ x: { dtype, shape: [0], data: data.slice(0, 0) } }))["same"]).toMatchObject({ shape: [0] });
    expect((await session.run({ x: { dtype, shape: [1], data: data.subarray(2) } }))["same"]!.data[0]).toBe(data[2]);
    await runtime.dispose();
  });

  test("says what ONNX Runtime says, and goes on", async () => {
    const runtime = await openWay(way);
    const broken: Tensor = add(input("x", "float32", ["n"]), 1);
    const graph = toOnnx({ outputs: { y: broken } });
    await expect(runtime.compile({ ...graph, bytes: graph.bytes.slice(0, -3) }, new Map(), { name: "a torn graph" })).rejects.toThrow(
      /a torn graph: ONNX Runtime could not compile it: .*protobuf/i,
    );
    const rows = toOnnx({ outputs: { y: matmul(input("x", "float32", ["n", 2]), parameter("w", [2, 2], zeros)) } });
    await expect(runtime.compile(rows, new Map())).rejects.toThrow(RuntimeError);
    const session = await runtime.compile(graph, new Map());
    expect([...(await session.run({ x: { dtype: "float32", shape: [1], data: Float32Array.of(41) } }))["y"]!.data]).toEqual([42]);
    await runtime.dispose();
  });
});

describe("outputs in the memory of variables", () => {
  const graph = toOnnx({ outputs: { y: add(input("x", "float32", ["n", 2]), 1) } });

  test.runIf(process.platform === "linux")("are written there, again and again, and are of its size", async () => {
    const runtime = await openWay("c");
    expect(runtime.inPlace).toBe(true);
    const session = await runtime.compile(graph, new Map(), { name: "a counter" });
    const variable = await runtime.variable(floats([3, 2], 0));
    for (let i = 0; i < 3; i++) expect(await session.run({ x: variable }, { inPlace: { y: variable } })).toEqual({});
    expect((await variable.read()).data).toEqual(floats([3, 2], 0).data.map((value) => Math.fround(Math.fround(Math.fround(value + 1) + 1) + 1)));
    await variable.resize(0, 2);
    await session.run({ x: variable }, { inPlace: { y: variable } });
    expect((await variable.read()).data[0]).toBe(4);
    const other = await runtime.variable({ dtype: "float32", shape: [5, 2] });
    await expect(session.run({ x: variable }, { inPlace: { y: other } })).rejects.toThrow(
      "a counter: output y is float32 [2, 2], the variable that it is to be written into float32 [5, 2]",
    );
    await runtime.dispose();
  });

  test("are refused where the binding is", async () => {
    const runtime = await openWay("binding");
    expect(runtime.inPlace).toBe(false);
    const session = await runtime.compile(graph, new Map());
    const variable = await runtime.variable(floats([3, 2], 0));
    await expect(session.run({ x: variable }, { inPlace: { y: variable } })).rejects.toThrow(/cannot be written into variables here/);
    await runtime.dispose();
  });
});

test("another way than these is refused", async () => {
  vi.stubEnv("FLAMINGO_ONNX_RUNTIME", "assembler");
  await expect(createRuntime({ device: "cpu" })).rejects.toThrow('FLAMINGO_ONNX_RUNTIME must be c or binding, found "assembler"');
});

test.each([true, false])("400 random runs, disposals and cancellations end well, worker: %s", { timeout: 120_000 }, async (worker) => {
  expect(await runProcess(stressCall({ worker, runs: 400, seed: 7 }))).toEqual({
    code: 0,
    signal: null,
    stderr: "",
    stdout: "400 runs, all as they should be\n",
  });
});
