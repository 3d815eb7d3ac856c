import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModelFolder } from "../../src/checkpoint/model-folder.ts";
import { Flamingo, image } from "../../src/index.ts";
import { runFlamingo } from "./run-flamingo.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-pack-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fixtures = join(import.meta.dirname, "../fixtures");
const picture = image({ width: 8, height: 8, data: new Uint8ClampedArray(192).fill(200) });

/** Two steps of training on discs. */
async function trained(name: string, changes: object): Promise<string> {
  const config = {
    name,
    model: {
      resampler: { kind: "perceiver", width: 16, layers: 1, heads: 2, headDim: 8, latents: 4, frames: 1 },
      fusion: { kind: "gated-cross-attention-dense", heads: 2, headDim: 8 },
    },
    stage: "flamingo",
    data: [{ kind: "module", name: "discs", module: join(import.meta.dirname, "../train/discs.ts"), rows: 2 }],
    optimiser: { learningRate: 0.01 },
    train: { steps: 2 },
    ...changes,
  };
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(config));
  const { code, stderr } = await runFlamingo(["train", file, "--out", join(folder, "runs"), "--threads", "1"]);
  expect([code, stderr]).toEqual([0, expect.anything()]);
  return join(folder, "runs", name);
}

test("a run becomes a model folder that answers, with its origins", async () => {
  const run = await trained("joined", { parts: { vision: "models/nano", language: "models/nano" } });
  const out = join(folder, "packed");
  const { code, stdout } = await runFlamingo(["pack", run, "--out", out, "--json"]);
  expect(code).toBe(0);
  const { parts } = JSON.parse(stdout) as { parts: { part: string; licence: string; source: string }[] };
  expect(parts.map(({ part, licence, source }) => [part, licence, /EfficientNet|trained by/.test(source)])).toEqual([
    ["vision", "Apache-2.0", true],
    ["resampler", "not stated", true],
    ["fusion", "not stated", true],
    ["language", "Apache-2.0", true],
  ]);
  const [packed, nano] = [await loadModelFolder(out), await loadModelFolder("nano")];
  expect(packed.preprocessing).toEqual(nano.preprocessing);
  for (const [path, { shape }] of packed.weights) if (/^(vision|language)\./.test(path)) expect([path, nano.weights.get(path)?.shape]).toEqual([path, shape]);
  const model = await Flamingo.load(out, { worker: false, threads: 1 });
  expect(typeof (await model.generateText([picture], { maxTokens: 3 }))).toBe("string");
  await model.dispose();
  expect(await runFlamingo(["pack", run, "--out", out])).toMatchObject({ code: 2, stderr: expect.stringContaining("exists already") as string });
});

test("a frozen GGUF language model stays in its blocks, with the new tokens beside it", async () => {
  const run = await trained("blocks", {
    model: {
      resampler: { kind: "perceiver", width: 16, layers: 1, heads: 2, headDim: 8, latents: 4, frames: 1 },
      fusion: { kind: "gated-cross-attention-dense", heads: 2, headDim: 8 },
      language: { extraTokens: 3 },
    },
    parts: { vision: join(fixtures, "published/vision-siglip"), language: join(fixtures, "checkpoint/gguf/llama-quantised.gguf") },
    origins: { language: { licence: "MIT", source: "a test" } },
  });
  const out = join(folder, "packed-blocks");
  expect((await runFlamingo(["pack", run, "--out", out, "--part", "language=int4", "--name", "blocks"])).code).toBe(0);
  const { weights, description } = await loadModelFolder(out);
  expect(weights.get("language.blocks.1.attention.query.weight.codes")).toMatchObject({ dtype: "uint8", shape: [32, 1, 16] });
  expect(weights.has("language.extraEmbedding.weight")).toBe(true);
  expect(description).toMatchObject({ name: "blocks", parts: { language: { licence: "MIT", source: "a test" } } });
});

test("what is no finished run, and a place where nothing can be written, are told so; so is an output that is lost", async () => {
  const out = join(folder, "none");
  expect(await runFlamingo(["pack", folder, "--out", out])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/has no config\.json; name the folder of a run/) as string,
  });
  const run = await trained("unfinished", { parts: { vision: "models/nano", language: "models/nano" } });
  const inFile = join(folder, "unfinished.json/model");
  expect(await runFlamingo(["pack", run, "--out", inFile])).toMatchObject({ code: 1, stderr: `flamingo: ${inFile} cannot be written: not a directory\n` });
  expect(await runFlamingo(["pack", run, "--out", join(folder, "unread")], { closeOutput: true })).toMatchObject({ code: 0, signal: null });
  expect(await runFlamingo(["pack", run, "--out", join(folder, "full")], { outputFile: "/dev/full" })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/\nflamingo: standard output: no space left on device\n$/) as string,
  });
  await rm(join(run, "fusion.safetensors"));
  expect(await runFlamingo(["pack", run, "--out", out])).toMatchObject({ code: 1, stderr: expect.stringMatching(/has not made the part "fusion"/) as string });
});
