/** Models of several repositories, pulled by their real names from a hub on this machine that serves tiny ones under them. */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";
import { zoo } from "../../src/checkpoint/zoo.ts";
import { Flamingo, type ModelPullEvent } from "../../src/index.ts";
import { runFlamingo } from "../cli/run-flamingo.ts";
import { fixtures, pictures } from "../parity/published-model.ts";
import { type LoopbackFile, type LoopbackHub, type LoopbackRepository, startLoopbackHub } from "./loopback-hub.ts";

let hub: LoopbackHub;
let home: string;

async function repository(seed: string, folder: string, files: readonly string[]): Promise<LoopbackRepository> {
  const content = files.map(async (name): Promise<LoopbackFile> => {
    return { name, content: await readFile(join(fixtures, folder, name)), large: !name.endsWith(".json") };
  });
  return { commit: seed.repeat(40), files: [{ name: "README.md", content: new Uint8Array([65]) }, ...(await Promise.all(content))] };
}

beforeAll(async () => {
  const idefics = ["config.json", "tokenizer.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  const [checkpoint, language, clip, whole, neox] = await Promise.all([
    repository("a", "openflamingo-mosaic-gpt", ["checkpoint.pt"]),
    repository("b", "mosaic-gpt", ["config.json", "tokenizer.json", "model.safetensors"]),
    repository("c", "clip", ["config.json", "model.safetensors"]),
    repository("d", "idefics", idefics),
    repository("e", "neox", ["config.json", "model.safetensors"]),
  ]);
  hub = await startLoopbackHub({
    "openflamingo/OpenFlamingo-3B-vitl-mpt1b": checkpoint,
    "openflamingo/OpenFlamingo-9B-vitl-mpt7b": checkpoint,
    "openflamingo/own": checkpoint,
    "anas-awadalla/mpt-1b-redpajama-200b": language,
    "openai/clip-vit-large-patch14": clip,
    "HuggingFaceM4/idefics-9b": whole,
    "someone/idefics-tuned": whole,
    "someone/idefics-with-pixels": {
      ...whole,
      files: [...whole.files, { name: "preprocessor_config.json", content: new TextEncoder().encode('{"image_size": 28, "image_mean": [0.1, 0.2, 0.3]}') }],
    },
    "someone/language-model": neox,
    "someone/nothing": { commit: "f".repeat(40), files: [{ name: "README.md", content: new Uint8Array([66]) }] },
  });
  return () => hub.close();
});

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "flamingo-zoo-"));
  vi.stubEnv("HF_HOME", home);
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  hub.seen.length = 0;
  return async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true, force: true });
  };
});

const options = { device: "cpu", threads: 1, worker: false } as const;

async function answer(name: string, onProgress?: (event: ModelPullEvent) => void): Promise<string> {
  const model = await Flamingo.load(name, { ...options, ...(onProgress === undefined ? {} : { onProgress }) });
  try {
    const { image } = await import("../../src/index.ts");
    return await model.generateText([image(pictures[0]!), "An image of"], { maxTokens: 8 });
  } finally {
    await model.dispose();
  }
}

it("load pulls an OpenFlamingo with its language model and its CLIP, once, and then needs no hub", async () => {
  const events: ModelPullEvent[] = [];
  const name = "openflamingo/OpenFlamingo-3B-vitl-mpt1b";
  const expected = await answer(join(fixtures, "openflamingo-mosaic-gpt"));
  expect(expected).not.toBe("");
  expect(await answer(name, (event) => events.push(event))).toBe(expected);
  const started = events.filter(({ type }) => type === "start").map(({ repository: from }) => from);
  expect(started).toEqual([name, "anas-awadalla/mpt-1b-redpajama-200b", "openai/clip-vit-large-patch14"]);

  const folder = join(home, "flamingo", name);
  expect((await readdir(folder)).sort()).toEqual(["checkpoint", "flamingo.json", "language", "vision"]);
  expect((await readdir(join(folder, "language"))).sort()).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
  expect(await readlink(join(folder, "checkpoint/checkpoint.pt"))).toContain("/hub/models--openflamingo--OpenFlamingo-3B-vitl-mpt1b/snapshots/aaaa");
  const description = JSON.parse(await readFile(join(folder, "flamingo.json"), "utf8")) as unknown;
  const file = (name: string): unknown => ({ file: name, bytes: expect.any(Number) as number, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  expect(description).toMatchObject({
    name,
    published: { kind: "openflamingo" },
    tokenizer: "language/tokenizer.json",
    parts: {
      checkpoint: { licence: "MIT", source: `${hub.endpoint}/${name}/tree/${"a".repeat(40)}`, files: [file("checkpoint/checkpoint.pt")] },
      language: { licence: "Apache-2.0", files: [file("language/config.json"), file("language/model.safetensors"), file("language/tokenizer.json")].sort() },
      vision: { config: "vision/config.json", weights: "vision/model.safetensors" },
    },
  });

  hub.seen.length = 0;
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  expect(await answer(name)).toBe(expected);
  expect(hub.seen).toEqual([]);
});

it("what was only partly there is pulled again; offline that is said", async () => {
  const name = "HuggingFaceM4/idefics-9b";
  const expected = await answer(join(fixtures, "idefics"));
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  await expect(Flamingo.load(name, options)).rejects.toThrow(/cannot load the model "HuggingFaceM4\/idefics-9b": there is no folder .*HF_HUB_OFFLINE is set/);
  vi.stubEnv("HF_HUB_OFFLINE", "");
  expect(await answer(name)).toBe(expected);
  await rm(join(home, "flamingo", name, "model", "model-00001-of-00002.safetensors"));
  expect(await answer(name)).toBe(expected);
  expect(existsSync(join(home, "flamingo", name, "model", "model-00001-of-00002.safetensors"))).toBe(true);
});

it("an IDEFICS that no list knows is recognised; other repositories say what they are", async () => {
  expect(await answer("someone/idefics-tuned")).toBe(await answer(join(fixtures, "idefics")));
  // What a repository says of its pictures is pulled with it.
  const pixels = await Flamingo.load("someone/idefics-with-pixels", options);
  expect(pixels.folder.preprocessing.mean).toEqual([0.1, 0.2, 0.3]);
  await pixels.dispose();
  await expect(Flamingo.load("someone/language-model", options)).rejects.toThrow(
    /someone\/language-model is a model of the type "gpt_neox", not a visual language model/,
  );
  await expect(Flamingo.load("openflamingo/own", options)).rejects.toThrow(/openflamingo\/own is what OpenFlamingo trained .*without the language model/);
  await expect(Flamingo.load("someone/nothing", options)).rejects.toThrow(
    /neither a flamingo\.json nor a config\.json.*known by name are openflamingo\/OpenFlamingo-3B/,
  );
  await expect(Flamingo.load("someone/absent", options)).rejects.toThrow(
    /there is no folder \S+someone\/absent, and from the hub: someone\/absent: the hub asks who you are \(401\)/,
  );
});

it("flamingo pull makes the folder; inspect and ask use it by name", async () => {
  const environment = { HF_HOME: home, HF_ENDPOINT: hub.endpoint };
  const name = "openflamingo/OpenFlamingo-3B-vitl-mpt1b";
  const pulled = await runFlamingo(["pull", name, "--json"], { environment });
  expect(pulled.code).toBe(0);
  const folder = join(home, "flamingo", name);
  expect(JSON.parse(pulled.stdout)).toMatchObject({ name, folder, parts: [{ repository: name }, {}, { repository: "openai/clip-vit-large-patch14" }] });
  expect(pulled.stderr).toContain(`${name}: 1 files`);
  const again = await runFlamingo(["pull", name], { environment });
  expect(again).toMatchObject({ code: 0, stdout: `${folder}\n` });
  expect(again.stderr.match(/all there already/g)).toHaveLength(3);
  const inspected = await runFlamingo(["inspect", name, "--json"], { environment: { ...environment, HF_HUB_OFFLINE: "1" } });
  expect(JSON.parse(inspected.stdout)).toMatchObject({ name, published: "openflamingo", location: `${folder}/` });
  // A part that the hub does not have.
  const other = await runFlamingo(["pull", "openflamingo/OpenFlamingo-9B-vitl-mpt7b"], { environment });
  expect(other).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/flamingo: anas-awadalla\/mpt-7b: the hub asks who you are/) as string });
  expect(existsSync(join(home, "flamingo/openflamingo/OpenFlamingo-9B-vitl-mpt7b/flamingo.json"))).toBe(false);
});

it("a folder of that name is meant before the hub", async () => {
  const before = process.cwd();
  const here = await mkdtemp(join(tmpdir(), "flamingo-here-"));
  try {
    process.chdir(here);
    await writeFile(join(here, "org"), "");
    await expect(Flamingo.load("org/model/deeper", options)).rejects.toThrow(/cannot load the model "org\/model\/deeper".*flamingo\.json cannot be read/);
    expect(hub.seen).toEqual([]);
  } finally {
    process.chdir(before);
    await rm(here, { recursive: true });
  }
});

it("the nine released models are known", () => {
  expect([...zoo.keys()]).toEqual([
    "openflamingo/OpenFlamingo-3B-vitl-mpt1b",
    "openflamingo/OpenFlamingo-3B-vitl-mpt1b-langinstruct",
    "openflamingo/OpenFlamingo-4B-vitl-rpj3b",
    "openflamingo/OpenFlamingo-4B-vitl-rpj3b-langinstruct",
    "openflamingo/OpenFlamingo-9B-vitl-mpt7b",
    "HuggingFaceM4/idefics-9b",
    "HuggingFaceM4/idefics-9b-instruct",
    "HuggingFaceM4/idefics-80b",
    "HuggingFaceM4/idefics-80b-instruct",
  ]);
  expect(zoo.get("HuggingFaceM4/idefics-80b-instruct")!.traits).toMatchObject({ markers: { endOfChunk: "<end_of_utterance>" }, addedTokens: { length: 3 } });
});
