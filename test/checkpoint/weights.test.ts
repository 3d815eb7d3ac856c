import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { beforeAll, expect, test } from "vitest";
import { checkpointSource } from "../../src/checkpoint/checkpoint-source.ts";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { openWeights, openWeightsAt } from "../../src/checkpoint/weights.ts";
import { blobSource } from "../../src/data/blob-source.ts";
import type { OpenedSource } from "../../src/data/byte-source.ts";
import { fileSource } from "../../src/data/platform/node-file.ts";
import { addressSource } from "../../src/data/platform/web-file.ts";
import { memorySource } from "./memory-source.ts";

const gguf = new URL("../fixtures/checkpoint/gguf/types.gguf", import.meta.url).pathname;
const safetensors = writeSafetensors(new Map([["a", { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) }]]));
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
let folder: string;
let server: Server;
let address: string;
/** What the server does: as most do, without a name for ranges' total, without ranges, with less than was asked for, or with a web page for everything. */
let manner: "ranges" | "hidden" | "whole" | "short" | "page" | "page in parts" = "ranges";
let requested = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-weights-"));
  server = createServer((request, response) => {
    const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "");
    if (manner.startsWith("page"))
      response.writeHead(manner === "page" ? 200 : 206, { "content-type": "text/html; charset=utf-8" }).end("\n<!-- an application -->");
    else if (request.url !== "/weights") response.writeHead(404).end();
    else if (request.method === "HEAD" || range === null || manner === "whole")
      response.writeHead(200, { "content-length": safetensors.length }).end(request.method === "HEAD" ? undefined : safetensors);
    else {
      const [start, end] = [Number(range[1]), Number(range[2]) + 1];
      requested += end - start;
      const part = safetensors.subarray(start, manner === "short" && start > 0 ? end - 1 : end);
      response.writeHead(206, manner === "hidden" ? {} : { "content-range": `bytes ${start}-${end - 1}/${safetensors.length}` }).end(part);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights`;
  return async () => {
    server.close();
    await rm(folder, { recursive: true });
  };
});

test("a format is known by its first bytes, whatever the file is called", async () => {
  expect((await openWeights(memorySource(await readFile(gguf), "weights.bin"))).format).toBe("gguf");
  expect((await openWeights(memorySource(safetensors, "weights.bin"))).format).toBe("safetensors");
  const zip = new ZipWriter(new Uint8ArrayWriter(), { level: 0 });
  const pickle = Uint8Array.of(0x80, 2, ...text("}X"), 1, 0, 0, 0, ...text("aK"), 7, ...text("s.")); // {"a": 7}
  await zip.add("model/data.pkl", new Uint8ArrayReader(pickle));
  const { format, metadata } = await openWeights(memorySource(await zip.close(), "weights.gguf"));
  expect([format, metadata]).toEqual(["pytorch", { a: 7 }]);
});

test.each([
  ["empty", text(""), /is empty/],
  ["a Git LFS pointer", text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), /pointer of a Git LFS file/],
  ["a web page", text("<!doctype html><html>"), /is a web page/],
  ["JSON", text('{"weight_map": 1}'), /is JSON, not weights/],
  ["a pickle", Uint8Array.of(0x80, 2, 0x7d, 0x2e, 0, 0, 0, 0, 0), /it is a pickle without PyTorch's archive around it/],
  ["something else", Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10, 0), /is of an unknown format/],
])("what is no file of weights says what it is: %s", async (_, bytes, message) => {
  await expect(openWeights(memorySource(bytes, "weights"))).rejects.toThrow(CheckpointError);
  await expect(openWeights(memorySource(bytes, "weights"))).rejects.toThrow(message);
});

async function valuesOf(source: OpenedSource): Promise<unknown> {
  const { weights } = await openWeights(source);
  const { data } = await weights.get("a")!.load();
  await expect(source.read(source.size - 1, source.size + 1)).rejects.toThrow(CheckpointError);
  await source.close();
  return data;
}

test("the same is read from a file, a Blob, and addresses with and without ranges", async () => {
  const path = join(folder, "weights.safetensors");
  await writeFile(path, safetensors);
  expect(await valuesOf(await checkpointSource(fileSource(path)))).toEqual(Float32Array.of(1, 2));
  expect(await valuesOf(await checkpointSource(blobSource(new Blob([safetensors as Uint8Array<ArrayBuffer>]), "chosen")))).toEqual(Float32Array.of(1, 2));
  for (const each of ["ranges", "hidden", "whole"] as const) {
    manner = each;
    requested = 0;
    const source = await checkpointSource(addressSource(address));
    expect(source.size).toBe(safetensors.length);
    expect(await valuesOf(source)).toEqual(Float32Array.of(1, 2));
    expect(requested).toBeLessThan(safetensors.length + 80);
  }
});

test("an address that fails says so", async () => {
  manner = "short";
  await expect(valuesOf(await checkpointSource(addressSource(address)))).rejects.toThrow(/the server gave \d+ bytes of \d+ wanted/);
  await expect(checkpointSource(addressSource(`${address}/missing`))).rejects.toThrow(/the server answered 404/);
  for (const each of ["page", "page in parts"] as const) {
    manner = each;
    await expect(checkpointSource(addressSource(address))).rejects.toThrow(
      /weights cannot be fetched: the server answered with a web page \(text\/html; charset=utf-8\) instead of the file/,
    );
  }
  await expect(checkpointSource(addressSource("http://127.0.0.1:1/weights"))).rejects.toThrow(CheckpointError);
});

test("a file that is missing, none, or becomes shorter says so; a pipe is not waited for", async () => {
  await expect(openWeightsAt(join(folder, "missing.gguf"))).rejects.toThrow(/missing\.gguf cannot be read \(ENOENT/);
  await expect(openWeightsAt(folder)).rejects.toThrow(/is not a file, but a folder/);
  execFileSync("sh", ["-c", `mkfifo "${join(folder, "pipe")}"`]);
  await expect(openWeightsAt(join(folder, "pipe"))).rejects.toThrow(/a device or pipe/);
  const path = join(folder, "shrinking.safetensors");
  await writeFile(path, safetensors);
  const { file, close } = await openWeightsAt(path);
  await truncate(path, safetensors.length - 4);
  await expect(file.weights.get("a")!.load()).rejects.toThrow(/became shorter while it was read/);
  await close();
});
