import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { contentDigest } from "../../src/generate/support-set-file.ts";
import { CheckpointError, Flamingo, image, type SupportSet } from "../../src/index.ts";
import { noisePicture, tinyConfig, writeTinyModel } from "./tiny-model.ts";

const options = { device: "cpu", threads: 1, worker: false } as const;
const [a, b, c] = [1, 2, 3].map((seed) => image(noisePicture(seed))) as [ReturnType<typeof image>, ReturnType<typeof image>, ReturnType<typeof image>];
const examples = [
  { media: a, text: "the cat" },
  { media: b, text: "a hat" },
];
let folder: string;
let tiny: string;
let model: Flamingo;
let task: SupportSet;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-support-"));
  tiny = (await writeTinyModel()).folder;
  model = await Flamingo.load(tiny, options);
  task = await model.supportSet(examples);
  file = join(folder, "task.safetensors");
  await task.save(file);
}, 60_000);

afterAll(async () => {
  await model.dispose();
  for (const each of [folder, tiny]) await rm(each, { recursive: true });
});

describe("a support set on disk", () => {
  test.each([
    ["last", true],
    ["all", true],
    ["last", false],
  ] as const)("gives the same answers to the last bit, in another process's model too (%s, media: %s)", async (attend, useMedia) => {
    const made = await writeTinyModel({ ...tinyConfig, fusion: { ...tinyConfig.fusion, attend } });
    const path = join(folder, `${attend}-${useMedia}.safetensors`);
    const ask = async (flamingo: Flamingo, support: SupportSet): Promise<unknown> => {
      const pieces = [];
      for await (const piece of flamingo.generate([support, "so", c, "and"], { maxTokens: 8, useMedia })) pieces.push(piece);
      return [pieces, await flamingo.score([support, "and"], ["the cat", "a hat"], { useMedia })];
    };
    const writer = await Flamingo.load(made.folder, options);
    const support = await writer.supportSet(examples, { useMedia });
    await support.save(path);
    const expected = await ask(writer, support);
    const reader = await Flamingo.load(made.folder, options);
    const loaded = await reader.loadSupportSet(path);
    expect(await ask(reader, loaded)).toEqual(expected);
    expect([loaded.examples, loaded.tokens, loaded.useMedia, loaded.seconds]).toEqual([2, support.tokens, useMedia, support.seconds]);
    // What was loaded can be saved again, and is the same file.
    expect(await loaded.bytes()).toEqual(new Uint8Array(await readFile(path)));
    await writer.dispose();
    await reader.dispose();
    await rm(made.folder, { recursive: true });
  });

  test("is written whole or not at all", async () => {
    await expect(task.save(join(folder, "none", "task.safetensors"))).rejects.toThrow(/task\.safetensors cannot be written/);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await expect((await model.supportSet([])).bytes()).rejects.toThrow(/without examples/);
  });

  test("of another model is refused", async () => {
    const other = await writeTinyModel(tinyConfig, 6);
    const stranger = await Flamingo.load(other.folder, options);
    await expect(stranger.loadSupportSet(file)).rejects.toThrow(/made by another model \(tiny, .*make it again with this one/);
    await stranger.dispose();
    await rm(other.folder, { recursive: true });
  });
});

describe("a file that is none", () => {
  const refused = async (bytes: Uint8Array | string): Promise<string> => {
    const error: unknown = await model.loadSupportSet(bytes).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CheckpointError);
    return (error as Error).message;
  };

  test("is missing, cut short, another format, or other tensors", async () => {
    expect(await refused(join(folder, "missing.safetensors"))).toMatch(/missing\.safetensors cannot be read/);
    const short = join(folder, "short.safetensors");
    await writeFile(short, await readFile(file));
    await truncate(short, 3000);
    expect(await refused(short)).toMatch(/short\.safetensors: .*/);
    expect(await refused(new TextEncoder().encode("not a support set at all"))).toMatch(/the support set: .*another format/);
    expect(await refused(join(tiny, "fusion.safetensors"))).toMatch(/is not a support set; make one with flamingo ask/);
  });

  test("is damaged anywhere", async () => {
    const bytes = new Uint8Array(await readFile(file));
    const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    for (const at of [header, header + 1001, bytes.length - 1])
      expect(await refused(bytes.with(at, bytes[at]! ^ 1))).toMatch(/is damaged: its content does not fit its sha256/);
    const { tensors, metadata } = readSafetensors(bytes);
    expect(await refused(writeSafetensors(tensors, { ...metadata, tokens: "3" }))).toMatch(/is damaged/);
    expect(await refused(writeSafetensors(tensors, { ...metadata, version: "2" }))).toMatch(/version 2, this program reads version 1/);
  });

  test("holds numbers only", async () => {
    const { tensors, metadata } = readSafetensors(new Uint8Array(await readFile(file)));
    const { sha256: _, ...described } = metadata;
    for (const name of ["cache.1.value", "seen.0.media.0.key"]) {
      const tensor = tensors.get(name)!;
      const broken = new Map(tensors).set(name, { ...tensor, data: (tensor.data as Float32Array).with(3, Number.NaN) });
      const bytes = writeSafetensors(broken, { ...described, sha256: await contentDigest(broken, described) });
      expect(await refused(bytes)).toMatch(new RegExp(`${name.replaceAll(".", "\\.")} holds values that are no numbers`));
    }
  });

  test("never comes as anything but a clear error, whatever byte is changed", async () => {
    const bytes = new Uint8Array(await readFile(file));
    for (let at = 0; at < bytes.length; at += 97) await refused(bytes.with(at, bytes[at]! ^ (1 + (at % 255))));
  });
});
