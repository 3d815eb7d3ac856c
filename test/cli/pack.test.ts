import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { loadModelFolder } from "../../src/checkpoint/model-folder.ts";
import { openPart } from "../../src/checkpoint/model-part.ts";
import { Flamingo, image } from "../../src/index.ts";
import { byteLengthOf } from "../../src/runtime/runtime.ts";
import { withControlTokens } from "../checkpoint/control-tokens.ts";
import { type LoopbackHub, startLoopbackHub } from "../checkpoint/loopback-hub.ts";
import { type Called, runFlamingo } from "./run-flamingo.ts";

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
  // Pictures are fitted as the encoder's folder says, since the run said nothing.
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

describe("a frozen GGUF language model whose own tokens are the markers", () => {
  const markers = { image: "th", endOfChunk: "in", padding: "<|endoftext|>" };
  let gguf: Uint8Array;
  let hub: LoopbackHub;
  let run: string;
  beforeAll(async () => {
    gguf = withControlTokens(await readFile(join(fixtures, "checkpoint/gguf/llama-quantised.gguf")), [257, 258]);
    hub = await startLoopbackHub({ "someone/language": { commit: "a".repeat(40), files: [{ name: "language.gguf", content: gguf, large: true }] } });
    const file = join(folder, "language.gguf");
    await writeFile(file, gguf);
    run = await trained("referring", {
      markers,
      parts: { vision: join(fixtures, "published/vision-siglip"), language: file },
      origins: { language: { licence: "MIT", source: "a test", from: [{ kind: "hub", repository: "someone/language", file: "language.gguf" }] } },
    });
    return () => hub.close();
  }, 120_000);

  const environment = (home: string): Record<string, string> => ({ HF_HOME: join(folder, home), HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "", HF_TOKEN: "" });
  const sha256 = (): string => createHash("sha256").update(gguf).digest("hex");
  const asked = async (model: string, home: string): Promise<Called> => {
    const file = join(folder, "grey.bmp");
    await writeFile(file, greyBmp());
    return runFlamingo(["ask", "--model", model, "--image", file, "--max-tokens", "4", "--threads", "1", "--json"], { environment: environment(home) });
  };

  test("is referred to by its content; the folder answers where pull has fetched it", async () => {
    const out = join(folder, "packed-referring");
    const packed = await runFlamingo(["pack", run, "--out", out], { environment: environment("home") });
    expect([packed.code, packed.stderr]).toEqual([0, expect.anything()]);
    expect((await readdir(out)).sort()).toEqual(["flamingo.json", "fusion.safetensors", "resampler.safetensors", "vision.safetensors"]);
    const description = JSON.parse(await readFile(join(out, "flamingo.json"), "utf8")) as unknown;
    const from = [{ kind: "hub", repository: "someone/language", revision: "main", file: "language.gguf" }];
    expect(description).toMatchObject({
      tokenizer: "language.gguf",
      parts: { language: { file: "language.gguf", bytes: gguf.length, sha256: sha256(), licence: "MIT", from } },
    });
    // Packing has put it where fetched files lie.
    const answer = await asked(out, "home");
    expect(answer).toMatchObject({ code: 0 });
    const kept = join(folder, "elsewhere/flamingo/files", sha256(), "language.gguf");
    expect(await asked(out, "elsewhere")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        `its language.gguf (0.0 MB, from the Hugging Face hub (someone/language)) is not here; run "flamingo pull ${out}", which fetches it once, or put it there as ${kept}`,
      ) as string,
    });
    const pulled = await runFlamingo(["pull", out, "--json"], { environment: environment("elsewhere") });
    expect(JSON.parse(pulled.stdout)).toMatchObject({
      folder: `${out}/`,
      files: [{ file: "language.gguf", path: kept, bytes: gguf.length }],
      downloaded: gguf.length,
    });
    const { text, logProbability } = JSON.parse(answer.stdout) as Record<string, unknown>;
    expect(JSON.parse((await asked(out, "elsewhere")).stdout)).toMatchObject({ text, logProbability });
    const inspected = await runFlamingo(["inspect", out, "--json"], { environment: environment("elsewhere") });
    vi.stubEnv("HF_HOME", join(folder, "elsewhere"));
    const { weights } = await loadModelFolder(out);
    const { memoryBytes, parts } = JSON.parse(inspected.stdout) as { memoryBytes: number; parts: { part: string; dtypes: string[] }[] };
    expect(memoryBytes).toBe([...weights.values()].reduce((sum, weight) => sum + byteLengthOf(weight), 0));
    expect(parts.find(({ part }) => part === "language")!.dtypes).toEqual(expect.arrayContaining(["q8_0", "q4_1", "float32"]));
    // It is the part that training and conversion read too.
    const part = await openPart("language", out, {});
    expect(part.tokenizer).toEqual({ file: kept, added: ["th", "in"] });
    for await (const [path, tensor] of part.read(true)) expect([path, tensor]).toEqual([path, weights.get(path)]);
    await part.close();
    const converted = join(folder, "packed-converted");
    const options = ["--weights", "float16", "--part", "language=int4", "--prompts", "0"];
    expect(await runFlamingo(["convert", out, ...options, "--out", converted], { environment: environment("elsewhere") })).toMatchObject({ code: 0 });
    const { weights: again } = await loadModelFolder(converted);
    // Q4_1, and the embedding in Q8_0.
    for (const path of ["language.blocks.1.attention.query.weight", "language.embedding.weight"])
      for (const name of ["codes", "scales", "minimums"]) expect(again.get(`${path}.${name}`)).toEqual(weights.get(`${path}.${name}`));
    expect(again.has("language.blocks.1.attention.query.weight.minimums")).toBe(true);
    // Another file in its place.
    const bytes = await readFile(kept);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(kept, bytes);
    await expect(loadModelFolder(out)).rejects.toThrow(`${kept}: its sha256 is `);
    vi.unstubAllEnvs();
    expect(await runFlamingo(["pull", out, "--revision", "v2"], { environment: environment("elsewhere") })).toMatchObject({ code: 2 });
  }, 240_000);

  test("is copied into the folder where nothing says where it can be had, and stored anew where that is asked for", async () => {
    const config = JSON.parse(await readFile(join(run, "config.json"), "utf8")) as { origins: { language: { from?: unknown } } };
    delete config.origins.language.from;
    const other = join(folder, "runs/copied");
    await cp(run, other, { recursive: true });
    await writeFile(join(other, "config.json"), JSON.stringify(config));
    const out = join(folder, "packed-copied");
    expect(await runFlamingo(["pack", other, "--out", out], { environment: environment("none") })).toMatchObject({ code: 0 });
    expect(Buffer.compare(await readFile(join(out, "language.gguf")), gguf)).toBe(0);
    expect((await asked(out, "none")).code).toBe(0);
    const stored = join(folder, "packed-stored");
    expect(await runFlamingo(["pack", run, "--out", stored, "--part", "language.embedding=int4", "--part", "language=int4"])).toMatchObject({ code: 0 });
    const { weights, description } = await loadModelFolder(stored);
    expect(description).toMatchObject({ tokenizer: "tokenizer.json", parts: { language: { file: "language.safetensors" } } });
    expect(weights.get("language.embedding.weight.codes")).toMatchObject({ dtype: "uint8", shape: [260, 1, 16] });
  }, 240_000);

  test("a part that is said to be another model's file must be that file", async () => {
    const config = JSON.parse(await readFile(join(run, "config.json"), "utf8")) as Record<string, object>;
    const other = join(folder, "runs/foreign");
    await cp(run, other, { recursive: true });
    const from = [{ kind: "model", model: "nano", file: "vision.safetensors" }];
    const origins = { vision: { licence: "MIT", source: "a test", from } };
    const weights = (await readdir(join(fixtures, "published/vision-siglip"))).find((name) => /\.(safetensors|bin)$/.test(name))!;
    const parts = { ...config["parts"], vision: join(fixtures, "published/vision-siglip", weights) };
    await writeFile(join(other, "config.json"), JSON.stringify({ ...config, parts, origins }));
    expect(await runFlamingo(["pack", other, "--out", join(folder, "foreign")])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/"origins" says that .* is vision\.safetensors of the model nano, and it is not/) as string,
    });
  });
});

/** One grey pixel. */
function greyBmp(): Uint8Array {
  const bytes = Buffer.alloc(58);
  bytes.write("BM");
  for (const [at, value] of [
    [2, 58],
    [10, 54],
    [14, 40],
    [18, 1],
    [22, 1],
    [34, 4],
  ] as const)
    bytes.writeUInt32LE(value, at);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  bytes.fill(128, 54, 57);
  return bytes;
}

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
  // Begun again from the weights of another run: those are no result of this one.
  const again = await trained("again", { parts: { vision: "models/nano", language: "models/nano", fusion: join(run, "fusion.safetensors") } });
  await rm(join(again, "fusion.safetensors"));
  expect(await runFlamingo(["pack", again, "--out", out])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/has not made the part "fusion"/) as string,
  });
  await rm(join(run, "fusion.safetensors"));
  expect(await runFlamingo(["pack", run, "--out", out])).toMatchObject({ code: 1, stderr: expect.stringMatching(/has not made the part "fusion"/) as string });
});
