import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, realpath, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import type { OwnDescription } from "../../src/checkpoint/model-description.ts";
import { loadModelFolder } from "../../src/checkpoint/model-folder.ts";
import { openPart } from "../../src/checkpoint/model-part.ts";
import { summariseModel } from "../../src/checkpoint/model-summary.ts";
import { inMemory } from "../../src/checkpoint/own-part.ts";
import { readSafetensors, writeSafetensors } from "../../src/checkpoint/safetensors.ts";
import { writeTinyModel } from "../generate/tiny-model.ts";

const tiny = await writeTinyModel();

async function copyOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-copy-"));
  await cp(tiny.folder, folder, { recursive: true });
  return folder;
}

/** Changes the description, or a file's tensors with their hash made right again. */
async function describeAnew(folder: string, change: (description: Record<string, unknown>) => void): Promise<void> {
  const file = join(folder, "flamingo.json");
  const description = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  change(description);
  await writeFile(file, JSON.stringify(description));
}

test("a folder is loaded with every weight", async () => {
  const { weights, description, storedAs } = await loadModelFolder(tiny.folder);
  expect(description.name).toBe("tiny");
  expect(storedAs.language.dtypes).toEqual(["float32"]);
  expect(new Set(weights.keys())).toEqual(new Set(tiny.weights.keys()));
  for (const [path, { data }] of tiny.weights) expect(weights.get(path)).toMatchObject({ data });
});

test("large files are only found: their weights are mapped when they are used", async () => {
  const { weights } = await loadModelFolder(tiny.folder, { mapFrom: 0 });
  for (const [path, { data }] of tiny.weights) {
    expect(weights.get(path)).toMatchObject({ dtype: "float32", file: { folder: await realpath(tiny.folder), name: `${path.split(".")[0]}.safetensors` } });
    expect((await inMemory(weights.get(path)!)).data).toEqual(data);
  }
});

test("of a mapped file the size is checked, and on request its content", async () => {
  const folder = await copyOf();
  const file = join(folder, "fusion.safetensors");
  const bytes = await readFile(file);
  await writeFile(file, bytes.fill(7, bytes.length - 8));
  await loadModelFolder(folder, { mapFrom: 0 });
  await expect(loadModelFolder(folder, { mapFrom: 0, verify: true })).rejects.toThrow(
    /fusion\.safetensors: its sha256 is [0-9a-f]{64}, flamingo\.json expects/,
  );
  await truncate(file, bytes.length - 8);
  await expect(loadModelFolder(folder, { mapFrom: 0 })).rejects.toThrow(/fusion\.safetensors: .*interrupted/s);
});

test("a program that keeps the files itself gives them by their names", async () => {
  const asked: string[] = [];
  const read = async (file: string): Promise<Uint8Array> => {
    asked.push(file);
    return new Uint8Array(await readFile(join(tiny.folder, file)));
  };
  const { weights } = await loadModelFolder("kept", { read, mapFrom: 0 });
  for (const [path, { data }] of tiny.weights) expect(weights.get(path)).toMatchObject({ data });
  expect(asked.toSorted()).toEqual([
    "flamingo.json",
    "fusion.safetensors",
    "language.safetensors",
    "resampler.safetensors",
    "tokenizer.json",
    "vision.safetensors",
  ]);
  const damaged = async (file: string): Promise<Uint8Array> => (file === "fusion.safetensors" ? (await read(file)).fill(0, -4) : read(file));
  await expect(loadModelFolder("kept", { read: damaged })).rejects.toThrow(/^kept\/fusion\.safetensors: its sha256 is/);
  const gone = new Error("the disk is gone");
  const failing = (file: string): Promise<Uint8Array> => (file === "vision.safetensors" ? Promise.reject(gone) : read(file));
  await expect(loadModelFolder("kept", { read: failing })).rejects.toMatchObject({ cause: gone });
  const folder = await copyOf();
  await describeAnew(folder, ({ parts }) => {
    (parts as OwnDescription["parts"]).language = { ...(parts as OwnDescription["parts"]).language, file: "language.gguf" };
  });
  const description = async (): Promise<Uint8Array> => new Uint8Array(await readFile(join(folder, "flamingo.json")));
  await expect(loadModelFolder("kept", { read: description })).rejects.toThrow(/only models in safetensors files of our own form can be given file by file/);
});

test("what is no model folder says so, and what to give", async () => {
  await expect(loadModelFolder("/nowhere")).rejects.toThrow(
    /cannot load the model "\/nowhere".*flamingo\.json cannot be read.*give the name of an embedded model \(nano\), a folder/,
  );
  const folder = await copyOf();
  await writeFile(join(folder, "flamingo.json"), "{ broken");
  await expect(loadModelFolder(folder)).rejects.toThrow(/flamingo\.json is not JSON/);
  await describeAnewFrom(folder, { hello: 1 });
  await expect(loadModelFolder(folder)).rejects.toThrow(/not a model folder of this version.*unknown key "hello"/s);
});

async function describeAnewFrom(folder: string, description: unknown): Promise<void> {
  await writeFile(join(folder, "flamingo.json"), JSON.stringify(description));
}

test("an interrupted or changed weight file is noticed by its hash", async () => {
  const folder = await copyOf();
  await truncate(join(folder, "fusion.safetensors"), 1000);
  await expect(loadModelFolder(folder)).rejects.toThrow(CheckpointError);
  await expect(loadModelFolder(folder)).rejects.toThrow(/fusion\.safetensors: its sha256 is [0-9a-f]{64}, flamingo\.json expects .*fetch it again/);
  await rm(join(folder, "fusion.safetensors"));
  await expect(loadModelFolder(folder)).rejects.toThrow(/fusion\.safetensors cannot be read/);
});

test("weights that do not fit the config are named, ten at most", async () => {
  const folder = await copyOf();
  await describeAnew(folder, (description) => {
    (description["config"] as { language: { width: number } }).language.width = 32;
  });
  await expect(loadModelFolder(folder)).rejects.toThrow(/do not fit the config.*should be \[262, 32\], is \[262, 16\].*and \d+ more/s);
  const other = await copyOf();
  const file = join(other, "resampler.safetensors");
  const { tensors } = readSafetensors(await readFile(file));
  const [first, ...rest] = [...tensors];
  const bytes = writeSafetensors(new Map([...rest, ["resampler.unknown", first![1]]]));
  await writeFile(file, bytes);
  await describeAnew(other, (description) => {
    (description["parts"] as Record<string, { sha256: string }>)["resampler"]!.sha256 = createHash("sha256").update(bytes).digest("hex");
  });
  const says = new RegExp(`${first![0].replaceAll(".", "\\.")} .*is missing.*resampler\\.unknown belongs to nothing`, "s");
  await expect(loadModelFolder(other)).rejects.toThrow(says);
  await expect(summariseModel(other)).rejects.toThrow(says);
  const part = await openPart("resampler", other, {});
  await expect(part.read(false).next()).rejects.toThrow(says);
  await part.close();
  // The other parts are whole.
  const language = await openPart("language", other, {});
  expect((await language.read(false).next()).done).toBe(false);
  await language.close();
});

test("a file of our own weights that holds anything else is refused by those names", async () => {
  const folder = await copyOf();
  const file = join(folder, "resampler.safetensors");
  const { tensors } = readSafetensors(await readFile(file));
  await writeFile(file, writeSafetensors(new Map([...tensors, ["adapter.weight", [...tensors.values()][0]!]])));
  await expect(openPart("resampler", file, {})).rejects.toThrow(
    /resampler\.safetensors holds weights of our own parts, and what belongs to none of them:\n {2}adapter\.weight$/,
  );
});

test.each([
  ["another part in a GGUF file", { vision: { file: "vision.gguf" } }, {}, /"parts": only the language model may be a \.gguf file/],
  [
    "a vocabulary in another GGUF file",
    { language: { file: "language.gguf" } },
    { tokenizer: "other.gguf" },
    /"tokenizer" may be a \.gguf file only where that is the language model's, language\.gguf/,
  ],
  [
    "a place without a size",
    { language: { from: [{ kind: "hub", repository: "a/b", file: "c.gguf" }] } },
    {},
    /"parts\.language\.bytes": is needed of a file that is fetched/,
  ],
  [
    "a place of an unknown kind",
    { language: { bytes: 1, from: [{ kind: "ftp", file: "c.gguf" }] } },
    {},
    /"parts\.language\.from\.0\.kind" must be one of "model", "hub", "wheel"/,
  ],
  [
    "a package that would be an option",
    { language: { bytes: 1, from: [{ kind: "wheel", package: "--x", wheel: "a.whl", bytes: 1, sha256: "0".repeat(64), file: "c.gguf" }] } },
    {},
    /"parts\.language\.from\.0\.package": the name of a Python package; found "--x"/,
  ],
  [
    "a file outside of the wheel",
    { language: { bytes: 1, from: [{ kind: "wheel", package: "x", wheel: "../a.whl", bytes: 1, sha256: "0".repeat(64), file: "c.gguf" }] } },
    {},
    /"parts\.language\.from\.0\.wheel": the name of a wheel/,
  ],
])("%s is refused", async (_, parts, changes, says) => {
  const folder = await copyOf();
  await describeAnew(folder, (description) => {
    for (const [part, change] of Object.entries(parts)) Object.assign((description["parts"] as Record<string, object>)[part]!, change);
    Object.assign(description, changes);
  });
  await expect(loadModelFolder(folder)).rejects.toThrow(says);
});

test("a part may be another model's file that comes with the package", async () => {
  const [folder, nano] = [await copyOf(), await loadModelFolder("nano")];
  const file = { file: "vision.safetensors", bytes: 1, from: [{ kind: "model", model: "nano", file: "vision.safetensors" }] };
  const { sha256 } = (nano.description as OwnDescription).parts.vision;
  await describeAnew(folder, (description) => {
    Object.assign((description["parts"] as Record<string, object>)["vision"]!, { ...file, sha256 });
    Object.assign(description["config"] as object, { vision: nano.config.vision });
  });
  // What lies in the folder counts first.
  await expect(loadModelFolder(folder)).rejects.toThrow(/vision\.safetensors: its sha256 is/);
  await rm(join(folder, "vision.safetensors"));
  const part = await openPart("vision", folder, {});
  expect(part.files).toEqual([`${nano.location}vision.safetensors`]);
  expect((await part.read(false).next()).done).toBe(false);
  await part.close();
});

test("an impossible config is refused with what would be valid", async () => {
  const folder = await copyOf();
  await describeAnew(folder, (description) => {
    (description["config"] as Record<string, unknown>)["resampler"] = { kind: "perciever" };
  });
  await expect(loadModelFolder(folder)).rejects.toThrow(/"resampler\.kind" must be one of "perceiver", "mlp", "transformer"/);
});
