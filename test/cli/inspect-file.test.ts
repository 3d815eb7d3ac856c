import { cp, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { type StoredTensor, writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { runFlamingo } from "./run-flamingo.ts";

const gguf = fileURLToPath(new URL("../fixtures/checkpoint/gguf/types.gguf", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-inspect-"));
  return () => rm(folder, { recursive: true });
});

async function safetensorsOf(file: string, count: number, metadata: Record<string, string> = {}): Promise<string> {
  const tensors = Array.from({ length: count }, (_, i): [string, StoredTensor] => [
    `layer.${i}`,
    i === 0 ? { dtype: "float16", shape: [2, 3], data: new Uint16Array(6) } : { dtype: "float32", shape: [2], data: new Float32Array(2) },
  ]);
  const path = join(folder, file);
  await writeFile(path, writeSafetensors(new Map(tensors), metadata));
  return path;
}

test("a GGUF file: tensors, totals by type, metadata", async () => {
  const { code, stdout, stderr } = await runFlamingo(["inspect", gguf]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/types\.gguf: gguf, 20 tensors, 25,824 bytes\n/);
  expect(stdout).toMatch(/ {2}q4_1 {4}q4_1 {6}\[6, 256\] {5}960 bytes\n/);
  expect(stdout).toMatch(/By type:\n.*\n {2}float16 {9}1 tensors {2}1,536 values {2}3,072 bytes\n/);
  expect(stdout).toContain("Metadata:\n  general.architecture: llama\n  general.name: every type\n");
  expect(stdout).toContain("  test.large: 9223372036854775809\n");
});

test("--json prints one object with the same", async () => {
  const { code, stdout } = await runFlamingo(["inspect", "--json", gguf]);
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as { tensors: unknown[]; totals: unknown[] };
  expect(report).toMatchObject({
    file: gguf,
    format: "gguf",
    bytes: 25_824,
    tensorCount: 20,
    metadata: { "test.large": "9223372036854775809", "test.bool": true },
  });
  expect(report.tensors[4]).toEqual({ name: "q4_1", type: "q4_1", shape: [6, 256], bytes: 960 });
  expect(report.totals).toContainEqual({ type: "q8_0", tensors: 1, values: 1536, bytes: 1632 });
});

test("of many tensors the first twenty are listed, all of them with --all", async () => {
  const path = await safetensorsOf("many.safetensors", 30);
  const first = await runFlamingo(["inspect", path]);
  expect(first.stdout.match(/^ {2}layer\.\d+ /gm)).toHaveLength(20);
  expect(first.stdout).toContain("  and 10 more (--all shows them)\n");
  expect(first.stdout).toMatch(/float32 {8}29 tensors {2}58 values {2}232 bytes\n {2}float16 {9}1 tensors {2}6 values {2}12 bytes\nNo metadata\n/);
  const all = await runFlamingo(["inspect", "--all", "--json", path]);
  expect((JSON.parse(all.stdout) as { tensors: unknown[] }).tensors).toHaveLength(30);
});

test("an index shows its files as one", async () => {
  await safetensorsOf("shard-1.safetensors", 1);
  const index = join(folder, "model.safetensors.index.json");
  await writeFile(index, JSON.stringify({ metadata: { total_size: 12 }, weight_map: { "layer.0": "shard-1.safetensors" } }));
  expect((await runFlamingo(["inspect", index])).stdout).toMatch(/index\.json: safetensors, 1 tensors.*total_size: 12\n/s);
});

test("tensors of types that cannot be read are listed with their sizes", async () => {
  const path = fileURLToPath(new URL("../fixtures/checkpoint/every-type.safetensors", import.meta.url));
  const { code, stdout } = await runFlamingo(["inspect", path]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/\n {2}float8_e4m3fn {5}float8_e4m3 {6}\[4\] {3}4 bytes\n/);
  expect(stdout).toMatch(/By type:\n {2}uint64 {15}1 tensors {2}4 values {2}32 bytes\n/);
  const pytorch = fileURLToPath(new URL("../fixtures/checkpoint/pytorch/other/types.pt", import.meta.url));
  expect((await runFlamingo(["inspect", pytorch])).stdout).toMatch(/ {2}complex128 {5}complex128 {5}\[2\] {2}32 bytes\n/);
});

test("a GGUF model in several files is shown whole; one part alone says that it is one", async () => {
  const first = fileURLToPath(new URL("../fixtures/checkpoint/gguf/split/llama-00001-of-00003.gguf", import.meta.url));
  expect((await runFlamingo(["inspect", first])).stdout).toMatch(/llama-00001-of-00003\.gguf: gguf, 21 tensors, 24,160 bytes\n/);
  const alone = join(folder, "renamed.gguf");
  await cp(first, alone);
  const { code, stderr } = await runFlamingo(["inspect", alone]);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^flamingo: \S+renamed\.gguf is part 1 of 3 of a model, .* called …-00001-of-00003\.gguf: fetch all parts .* or merge them with llama\.cpp's gguf-split --merge\n$/,
  );
});

test.each(["language-llama", "vision-siglip", "vision-nfnet"])("a folder with a published part by itself shows its weights: %s", async (name) => {
  const part = fileURLToPath(new URL(`../fixtures/published/${name}`, import.meta.url));
  const { code, stdout } = await runFlamingo(["inspect", part]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/model\.safetensors: safetensors, \d+ tensors/);
});

test("a file larger than memory is only looked at", async () => {
  const size = 64 * 2 ** 30;
  const header = JSON.stringify({ huge: { dtype: "F32", shape: [size / 4], data_offsets: [0, size] } });
  const path = join(folder, "huge.safetensors");
  const file = await open(path, "w");
  await file.write(Buffer.concat([Buffer.from(BigUint64Array.of(BigInt(header.length)).buffer), Buffer.from(header)]));
  await file.truncate(8 + header.length + size); // holes take no room on the disk
  await file.close();
  expect((await runFlamingo(["inspect", path])).stdout).toMatch(/huge {2}float32 {2}\[17179869184\] {2}68,719,476,736 bytes/);
});

test("control characters of a file do not reach the terminal", async () => {
  const path = await safetensorsOf("hostile.safetensors", 1, { "\u001b[2J": "\u009b31m\u202e" });
  expect((await runFlamingo(["inspect", path])).stdout).toContain("  \\u{1b}[2J: \\u{9b}31m\\u{202e}\n");
});

test("a file that is missing or none is one clear line", async () => {
  const missing = await runFlamingo(["inspect", join(folder, "missing.gguf")]);
  expect([missing.code, missing.stdout]).toEqual([1, ""]);
  expect(missing.stderr).toMatch(/^flamingo: .*missing\.gguf cannot be read \(ENOENT.*\)\n$/);
  const text = join(folder, "notes.txt");
  await writeFile(text, "not weights");
  const other = await runFlamingo(["inspect", text]);
  expect([other.code, other.stderr.split("\n")]).toEqual([1, [expect.stringMatching(/^flamingo: .*notes\.txt is of an unknown format; readable are/), ""]]);
});
