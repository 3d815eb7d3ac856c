/**
 * Writes what the CPU computes for a small Flamingo, which browsers and graphics devices are compared with:
 *
 *     node --conditions=flamingo-source tools/device-fixture.ts
 */
import { writeFile } from "node:fs/promises";
import { createRuntime } from "../src/runtime/runtime.ts";
import { tinyFlamingo } from "../test/devices/tiny-flamingo.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
const results = await tinyFlamingo(runtime);
const rounded = Object.fromEntries(Object.entries(results).map(([name, values]) => [name, values.map((value) => Number(value.toPrecision(7)))]));
await writeFile(new URL("../test/fixtures/devices/tiny-flamingo.json", import.meta.url), `${JSON.stringify(rounded)}\n`);
await runtime.dispose();
