import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { createRuntime } from "../../src/runtime/runtime.ts";
import expected from "../fixtures/devices/tiny-flamingo.json" with { type: "json" };
import { largestDifference, tinyFlamingo } from "./tiny-flamingo.ts";

/** Vulkan in software, which Debian's chromium brings along. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

test.each([true, false])("the CPU computes what it always did (in a worker: %s)", async (worker) => {
  const runtime = await createRuntime({ device: "cpu", worker });
  try {
    const { name, difference } = largestDifference(await tinyFlamingo(runtime), expected);
    expect(difference, name).toBeLessThan(1e-5);
  } finally {
    await runtime.dispose();
  }
});

test.skipIf(!existsSync(swiftShader))("WebGPU, here on a software device, computes and trains as the CPU does", async () => {
  process.env["VK_ICD_FILENAMES"] ??= swiftShader;
  const runtime = await createRuntime({ device: "webgpu", worker: false });
  try {
    expect(runtime.device).toBe("webgpu");
    const { name, difference } = largestDifference(await tinyFlamingo(runtime), expected);
    expect(difference, name).toBeLessThan(1e-3);
  } finally {
    await runtime.dispose();
  }
});
