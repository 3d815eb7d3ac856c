/** Folders of published models that cannot be loaded, each for a reason that is said. The folders that can are in test/parity. */
import { statSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { loadModelFolder } from "../../src/checkpoint/model-folder.ts";
import { summariseModel } from "../../src/checkpoint/model-summary.ts";
import { readMapped } from "../../src/checkpoint/published/read-mapped.ts";
import { fixtures } from "../parity/published-model.ts";

async function copyOf(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-published-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(join(fixtures, name), folder, { recursive: true, dereference: true });
  return folder;
}

interface Description {
  published: Record<string, unknown>;
  addedTokens: string[];
  markers: Record<string, string>;
  parts: Record<string, { weights: string; config?: string; files: { file: string; bytes: number; sha256: string }[] }>;
}

async function describeAnew(folder: string, change: (description: Description) => void): Promise<void> {
  const file = join(folder, "flamingo.json");
  const description = JSON.parse(await readFile(file, "utf8")) as Description;
  change(description);
  await writeFile(file, JSON.stringify(description));
}

/** Puts another file in the place of one, with its size made right in the description. */
async function replace(folder: string, file: string, content: Uint8Array | string): Promise<void> {
  await writeFile(join(folder, file), content);
  const bytes = Buffer.from(content).length;
  await describeAnew(folder, ({ parts }) => {
    for (const { files } of Object.values(parts)) for (const each of files) if (each.file === file) each.bytes = bytes;
  });
}

async function fails(folder: string, says: RegExp): Promise<void> {
  const loading = loadModelFolder(folder);
  await expect(loading).rejects.toThrow(CheckpointError);
  await expect(loading).rejects.toThrow(says);
}

test("missing shards and files of another size are named before anything is read", async () => {
  const folder = await copyOf("idefics");
  await rm(join(folder, "model-00002-of-00002.safetensors"));
  await truncate(join(folder, "model-00001-of-00002.safetensors"), 1000);
  await fails(
    folder,
    /not whole; fetch it again:\n {2}model-00001-of-00002\.safetensors has 1000 bytes, .* expects \d+\n {2}model-00002-of-00002\.safetensors is missing/,
  );
  await expect(summariseModel(folder)).rejects.toThrow(/model-00002-of-00002\.safetensors is missing/);
});

test("a truncated checkpoint whose size is believed", async () => {
  const folder = await copyOf("openflamingo-mpt");
  const whole = await readFile(join(folder, "checkpoint.pt"));
  await replace(folder, "checkpoint.pt", whole.subarray(0, whole.length / 2));
  await fails(folder, /checkpoint\.pt: /);
});

test("files that were changed are found where they are to be verified", async () => {
  const folder = await copyOf("openflamingo-mpt");
  const weights = await readFile(join(folder, "checkpoint.pt"));
  weights[weights.length >> 1]! ^= 1;
  await writeFile(join(folder, "checkpoint.pt"), weights);
  await expect(loadModelFolder(folder, { verify: true })).rejects.toThrow(/checkpoint\.pt: its sha256 is [0-9a-f]{64}, flamingo\.json expects/);
  const untouched = await copyOf("openflamingo-mpt");
  expect((await loadModelFolder(untouched, { verify: true })).weights.size).toBeGreaterThan(20);
});

test("a checkpoint of another family", async () => {
  const folder = await copyOf("openflamingo-mpt");
  await replace(folder, "language/config.json", await readFile(join(fixtures, "neox/config.json")));
  await fails(
    folder,
    /checkpoint\.pt has no fusion layers at lang_encoder\.gpt_neox\.layers\.0 .*is the config that of the language model it was trained with\?/,
  );
  const other = await copyOf("openflamingo-mpt");
  await replace(other, "checkpoint.pt", await readFile(join(fixtures, "clip/model.safetensors")));
  await fails(other, /checkpoint\.pt has no tensor perceiver\.latents: it is not a checkpoint of OpenFlamingo/);
  const third = await copyOf("openflamingo-mpt");
  await replace(third, "vision/config.json", await readFile(join(fixtures, "neox/config.json")));
  await fails(third, /vision towers of type "gpt_neox" are not supported/);
});

test("options in the config of a whole model's language part, and in what is said of its pictures", async () => {
  const mpt = await copyOf("openflamingo-mpt");
  const language = JSON.parse(await readFile(join(mpt, "language/config.json"), "utf8")) as Record<string, unknown>;
  for (const [key, value] of Object.entries({ logit_scale: 0.5, norm_type: "rmsnorm", prefix_lm: true })) {
    await replace(mpt, "language/config.json", JSON.stringify({ ...language, [key]: value }));
    await expect(loadModelFolder(mpt)).rejects.toThrow(
      new RegExp(`language/config\\.json: "${key}": only .* is possible here, where it changes nothing; found`),
    );
  }
  const neox = await copyOf("openflamingo-neox");
  const config = JSON.parse(await readFile(join(neox, "language/config.json"), "utf8")) as Record<string, unknown>;
  await replace(neox, "language/config.json", JSON.stringify({ ...config, rope_parameters: { rope_type: "yarn", factor: 4 } }));
  await expect(loadModelFolder(neox)).rejects.toThrow(/"rope_parameters\.rope_type"/);

  const idefics = await copyOf("idefics");
  const untouched = (await loadModelFolder(idefics)).preprocessing;
  const processor = join(idefics, "preprocessor_config.json");
  await writeFile(processor, JSON.stringify({ image_size: 28, image_mean: [0.1, 0.2, 0.3] }));
  expect((await loadModelFolder(idefics)).preprocessing).toEqual({ ...untouched, mean: [0.1, 0.2, 0.3] });
  await writeFile(processor, JSON.stringify({ image_size: 30 }));
  await expect(loadModelFolder(idefics)).rejects.toThrow(/preprocessor_config\.json: pictures become 30 pixels wide, but the tower beside it takes 28/);
  const flamingo = await copyOf("openflamingo-neox");
  await writeFile(join(flamingo, "vision/preprocessor_config.json"), JSON.stringify({ do_rescale: false }));
  await expect(loadModelFolder(flamingo)).rejects.toThrow(/vision\/preprocessor_config\.json: "do_rescale": only true or null is possible here/);
});

test("how open_clip's config says that pictures are resized", async () => {
  const folder = await copyOf("openflamingo-mpt");
  await cp(join(fixtures, "clip/open_clip_pytorch_model.pt"), join(folder, "vision/open_clip_pytorch_model.bin"));
  const says = async (said: object): Promise<unknown> => {
    const tower = { image_size: 28, patch_size: 14, width: 16, layers: 2, head_width: 8 };
    await writeFile(join(folder, "vision/config.json"), JSON.stringify({ model_cfg: { quick_gelu: true, vision_cfg: tower }, preprocess_cfg: said }));
    await describeAnew(folder, ({ parts }) => {
      parts["vision"]!.weights = "vision/open_clip_pytorch_model.bin";
      parts["vision"]!.files = ["config.json", "open_clip_pytorch_model.bin"].map((file) => ({
        file: `vision/${file}`,
        bytes: statSync(join(folder, "vision", file)).size,
        sha256: "0".repeat(64),
      }));
    });
    return (await loadModelFolder(folder)).preprocessing;
  };
  expect(await says({ interpolation: "bicubic", resize_mode: "shortest", fill_color: 0 })).toMatchObject({ fit: "crop", interpolation: "bicubic" });
  expect(await says({ interpolation: "bilinear", resize_mode: "squash" })).toMatchObject({ fit: "squash", interpolation: "bilinear" });
  expect(await says({ resize_mode: "longest" })).toMatchObject({ fit: "pad", background: [0, 0, 0], mean: [0.48145466, 0.4578275, 0.40821073] });
  expect(await says({ resize_mode: "longest", fill_color: [1, 2, 3], mean: 0.5 })).toMatchObject({ background: [1, 2, 3], mean: [0.5, 0.5, 0.5] });
  await expect(says({ interpolation: "random" })).rejects.toThrow(/"preprocess_cfg\.interpolation".*found "random"/s);
});

test("tensors of another shape or name: the first ten, expected and found", async () => {
  const folder = await copyOf("openflamingo-neox");
  const config = JSON.parse(await readFile(join(folder, "language/config.json"), "utf8")) as Record<string, unknown>;
  await replace(folder, "language/config.json", JSON.stringify({ ...config, intermediate_size: 60 }));
  const says =
    /do not fit the model:\n( {2}language\.blocks\.\d\.feedForward\.\w+\.\w+ \[.*\]: .*mlp\.dense_h_to_4h\.weight \[64, 24\] gives \[64, 24\]\n)( {2}.*\n){0,9}( {2}and \d+ more\n)?Is it a checkpoint of another model\?/;
  await fails(folder, says);
  await expect(summariseModel(folder)).rejects.toThrow(says);
  const unnamed = await copyOf("openflamingo-neox");
  await replace(unnamed, "language/model.safetensors", await readFile(join(fixtures, "mpt/model.safetensors")));
  await fails(unnamed, /gpt_neox\.layers\.0\.\S+ is missing\n(.*\n){9} {2}and \d+ more\n/);
});

test("integers in the place of weights", async () => {
  const weight = { storedAs: "int64", shape: [2], bytes: 16, load: () => Promise.reject(new Error("read")) };
  const reading = readMapped(
    { origins: new Map([["language.norm.scale", { from: "norm" }]]), harmless: [] },
    new Map([["norm", weight]]),
    new Map([["language.norm.scale", [2]]]),
    "x.pt",
  );
  const first = reading.next();
  await expect(first).rejects.toThrow(CheckpointError);
  await expect(first).rejects.toThrow(/x\.pt.*\n {2}language\.norm\.scale \[2\]: norm holds int64, expected were floating point numbers/);
});

test("a tokenizer that does not belong to the embedding", async () => {
  const folder = await copyOf("openflamingo-neox");
  await replace(folder, "language/tokenizer.json", await readFile("models/nano/tokenizer.json"));
  await fails(
    folder,
    /language\/tokenizer\.json does not belong to this model: it has 4096 entries and 3 are added .*the embedding has 128 rows and 3 for added ones/,
  );
  const broken = await copyOf("openflamingo-neox");
  await replace(broken, "language/tokenizer.json", "{}");
  await fails(broken, /tokenizer\.json: not a tokenizer\.json/);
  const unknown = JSON.parse(await readFile(join(await copyOf("openflamingo-mpt"), "language/tokenizer.json"), "utf8")) as Record<string, unknown>;
  await replace(broken, "language/tokenizer.json", JSON.stringify({ ...unknown, normalizer: { type: "Precompiled", precompiled_charsmap: "" } }));
  await fails(
    broken,
    /tokenizer\.json: normalizer\.type is "Precompiled", which is not supported \(supported: NFC, .*; use a model whose tokenizer does without it/,
  );
  const fewer = await copyOf("idefics");
  await describeAnew(fewer, (description) => void description.addedTokens.pop());
  await fails(fewer, /does not belong to this model: it has 130 entries and 1 are added/);
  const swapped = await copyOf("idefics");
  await describeAnew(swapped, (description) => void description.addedTokens.reverse());
  await fails(swapped, /its <image> is entry 129, the embedding has it in row 128/);
  const unmarked = await copyOf("idefics");
  await describeAnew(unmarked, ({ markers }) => void Object.assign(markers, { endOfChunk: "<end_of_utterance>" }));
  await fails(unmarked, /tokenizer\.json, for the markers in flamingo\.json: the tokenizer has no special token "<end_of_utterance>"/);
});

test("a description that reaches outside its folder, or is incomplete", async () => {
  const folder = await copyOf("openflamingo-mpt");
  await describeAnew(folder, ({ parts }) => void Object.assign(parts["checkpoint"]!, { weights: "../secret.pt" }));
  await fails(folder, /"parts\.checkpoint\.weights".*must be a file in the model's folder/);
  await describeAnew(folder, ({ parts }) => void Object.assign(parts["checkpoint"]!, { weights: "other.pt" }));
  await fails(folder, /part "checkpoint" does not list other\.pt among its files/);
  await describeAnew(folder, ({ parts }) => void delete parts["vision"]);
  await fails(folder, /has the parts checkpoint, language, vision; found checkpoint, language/);
  await describeAnew(folder, ({ published }) => void Object.assign(published, { kind: "llava" }));
  await fails(folder, /"published\.kind" must be one of "openflamingo", "idefics"; found "llava"/);
});

test("without flamingo.json IDEFICS is known by its files; what is no whole model says so", async () => {
  const folder = await copyOf("idefics");
  const described = await loadModelFolder(folder);
  await rm(join(folder, "flamingo.json"));
  const recognised = await loadModelFolder(folder);
  expect(recognised.description).toMatchObject({
    addedTokens: ["<fake_token_around_image>", "<image>"],
    markers: described.description.markers,
    prompt: described.description.prompt,
  });
  expect(recognised.weights).toEqual(described.weights);
  await rm(join(folder, "model.safetensors.index.json"));
  await fails(folder, /has the config\.json of IDEFICS but no weights beside it/);
  await fails(join(fixtures, "neox"), /is a model of the type "gpt_neox", not a visual language model/);
  const trained = await copyOf("openflamingo-mpt");
  await rm(join(trained, "flamingo.json"));
  await fails(trained, /is what OpenFlamingo trained \(checkpoint\.pt\), without the language model/);
});

test("the nested weights of a training run's checkpoint", async () => {
  const folder = await copyOf("openflamingo-mpt");
  await describeAnew(folder, ({ parts }) => void Object.assign(parts["checkpoint"]!, { within: "model_state_dict" }));
  await fails(folder, /checkpoint\.pt: it has no dict .*model_state_dict/);
});
