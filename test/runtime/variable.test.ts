import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, type Runtime, RuntimeError } from "../../src/runtime/runtime.ts";

const table = { dtype: "float32", shape: [4, 2], data: Float32Array.of(0, 1, 10, 11, 20, 21, 30, 31) } as const;

describe.each([true, false])("variables, worker: %s", (worker) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ device: "cpu", threads: 1, worker });
  });
  afterAll(() => runtime.dispose());

  test("begin as zeros where no values are given", async () => {
    const variable = await runtime.variable({ dtype: "float32", shape: [2, 3] });
    expect(await variable.read()).toEqual({ dtype: "float32", shape: [2, 3], data: new Float32Array(6) });
  });

  test.each([
    ["the last row moved into a gap", [0, 3, 2]],
    ["rows left out", [1, 3]],
    ["another order", [3, 0, 1, 1]],
    ["more rows than there were", [0, 0, 1, 2, 3]],
    ["none", []],
  ])("become the rows that are asked for: %s", async (_, rows) => {
    const variable = await runtime.variable(table);
    const copy = await variable.gatherRows(rows);
    await variable.selectRows(rows);
    const expected = { dtype: "float32", shape: [rows.length, 2], data: Float32Array.from(rows.flatMap((row) => [10 * row, 10 * row + 1])) };
    expect(variable.shape).toEqual([rows.length, 2]);
    expect(await variable.read()).toEqual(expected);
    expect(await copy.read()).toEqual(expected);
    await expect(variable.selectRows([9])).rejects.toThrow(RuntimeError);
  });

  test("take the rows of another, in the memory of rows that have left or in more", async () => {
    const variable = await runtime.variable(table);
    const other = await runtime.variable({ dtype: "float32", shape: [2, 2], data: Float32Array.of(40, 41, 50, 51) });
    await variable.selectRows([0, 3]);
    await variable.appendRows(other);
    await variable.appendRows(other);
    expect(variable.shape).toEqual([6, 2]);
    expect([...(await variable.read()).data]).toEqual([0, 1, 30, 31, 40, 41, 50, 51, 40, 41, 50, 51]);
    await variable.appendRows(variable);
    expect(variable.shape).toEqual([12, 2]);
    await other.resize(1, 3);
    await expect(variable.appendRows(other)).rejects.toThrow(/rows of a variable \[2, 3\] of float32 cannot follow those of one \[12, 2\]/);
    expect([...(await other.read()).data]).toEqual([40, 41, 0, 50, 51, 0]);
  });

  test("become longer with zeros, or shorter", async () => {
    const variable = await runtime.variable({ dtype: "float32", shape: [2, 2, 1], data: Float32Array.of(1, 2, 3, 4) });
    await variable.resize(1, 3);
    expect(await variable.read()).toEqual({ dtype: "float32", shape: [2, 3, 1], data: Float32Array.of(1, 2, 0, 3, 4, 0) });
    await variable.resize(1, 1);
    expect(await variable.read()).toEqual({ dtype: "float32", shape: [2, 1, 1], data: Float32Array.of(1, 3) });
    await expect(variable.resize(3, 1)).rejects.toThrow(RuntimeError);
  });

  test("give their memory back when they are disposed or become another size, and not at some later time", async () => {
    if (worker) return; // Memory of another thread is not told apart.
    const megabytes = (): number => process.memoryUsage().arrayBuffers / 2 ** 20;
    const before = megabytes();
    const variable = await runtime.variable({ dtype: "float32", shape: [1, 2 ** 23] });
    expect(megabytes() - before).toBeGreaterThan(31);
    await variable.resize(1, 2 ** 21);
    expect(megabytes() - before).toBeLessThan(9);
    await variable.dispose();
    expect(megabytes() - before).toBeLessThan(1);
  });

  test("run on no device in place of the one that was named", async () => {
    const found = await createRuntime({ device: "cuda", worker }).catch((reason: unknown) => reason);
    // Where there is a card with its libraries, that is what must have been opened.
    if (!(found instanceof Error)) {
      expect((found as Runtime).device).toBe("cuda");
      await (found as Runtime).dispose();
    } else {
      expect(found).toBeInstanceOf(RuntimeError);
      expect(found.message).toMatch(/^device "cuda" does not work here\. .*ONNXRUNTIME_NODE_INSTALL=cuda12.*Or choose device cpu/);
    }
    await expect(createRuntime({ device: "wasm", worker })).rejects.toThrow(/^device "wasm" does not exist here, only cpu, webgpu, cuda\. .*choose device cpu/);
  });
});
