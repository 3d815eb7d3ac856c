import { expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/runtime.ts";
import expected from "../fixtures/devices/tiny-flamingo.json" with { type: "json" };
import { largestDifference, tinyFlamingo } from "./tiny-flamingo.ts";

test.each([true, false])("WebAssembly computes and trains as the CPU does in Node (in a worker: %s)", async (worker) => {
  const runtime = await createRuntime({ device: "wasm", worker });
  try {
    expect(runtime.device).toBe("wasm");
    const { name, difference } = largestDifference(await tinyFlamingo(runtime), expected);
    expect(difference, name).toBeLessThan(1e-4);
  } finally {
    await runtime.dispose();
  }
});

test("a device of another platform is refused with advice", async () => {
  await expect(createRuntime({ device: "cpu" })).rejects.toThrow(/In a browser choose device wasm/);
});
