import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { tinyConfig, writeTinyModel } from "../generate/tiny-model.ts";
import { runFlamingo } from "./run-flamingo.ts";

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-convert-"));
  const { width: _, ...language } = tinyConfig.language;
  const tiny = await writeTinyModel({ ...tinyConfig, language: { ...language, width: 64, hidden: 96 } });
  model = tiny.folder;
  return async () => {
    await rm(folder, { recursive: true });
    await rm(model, { recursive: true });
  };
});

interface Report {
  readonly parts: readonly { part: string; weights: string; disk: [number, number]; memory: [number, number] }[];
  readonly cost: { prompts: number; positions: number; divergence: number; agreement: number; activations?: { divergence: number; agreement: number }; decode: { original: number; converted: number } };
}

test("int4: the folder that it makes is a model, and the report says what was lost", async () => {
  const out = join(folder, "int4");
  const { code, stdout, stderr } = await runFlamingo([
    "convert",
    model,
    "--weights",
    "int4",
    "--part",
    "vision=float16",
    "--out",
    out,
    "--prompts",
    "2",
    "--json",
  ]);
  expect([code, stderr.match(/compared on 2 of 2 prompts/)?.[0]]).toEqual([0, "compared on 2 of 2 prompts"]);
  const { parts, cost } = JSON.parse(stdout) as Report;
  expect(parts.map(({ part, weights }) => [part, weights])).toEqual([
    ["vision", "float16"],
    ["resampler", "int4"],
    ["fusion", "int4"],
    ["language", "int4"],
  ]);
  const language = parts[3]!;
  expect(language.disk[1]).toBeLessThan(0.3 * language.disk[0]);
  expect(language.memory[1]).toBeLessThan(0.3 * language.memory[0]);
  expect(cost.prompts).toBe(2);
  expect(cost.positions).toBeGreaterThan(10);
  expect(cost.divergence).toBeGreaterThan(0);
  expect(cost.agreement).toBeGreaterThan(0.3);
  // Weights lose far more than activations, which are rounded too.
  expect(cost.activations!.divergence).toBeGreaterThan(0);
  expect(cost.activations!.divergence).toBeLessThan(0.5 * cost.divergence);
  expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([]);
  const inspected = await runFlamingo(["inspect", out]);
  expect(inspected.stdout).toMatch(/language .* float16, int8, int4 {2}/);
  expect(inspected.stdout).toMatch(/vision .* float16 {2}/);
  const again = await runFlamingo(["convert", out, "--weights", "int4", "--out", join(folder, "again"), "--prompt", "the cat and the hat", "--json"]);
  // What has the right number of bits is not rounded twice.
  expect((JSON.parse(again.stdout) as Report).cost.divergence).toBeLessThan(1e-4);
});

test("w8a8 and int8 lose less than int4, float16 next to nothing", async () => {
  const divergence: number[] = [];
  for (const weights of ["int4", "w8a8", "int8", "float16"]) {
    const { stdout } = await runFlamingo([
      "convert",
      model,
      "--weights",
      weights,
      "--out",
      join(folder, `to-${weights}`),
      "--prompt",
      "the cat and the hat, the mat",
      "--json",
    ]);
    const { cost, parts } = JSON.parse(stdout) as Report;
    divergence.push(cost.divergence);
    const inspected = await runFlamingo(["inspect", join(folder, `to-${weights}`), "--json"]);
    expect((JSON.parse(inspected.stdout) as { memoryBytes: number }).memoryBytes).toBe(parts.reduce((sum, { memory }) => sum + memory[1], 0));
  }
  expect(divergence[0]).toBeGreaterThan(2 * divergence[1]!);
  expect(divergence[1]).toBeGreaterThan(divergence[2]!);
  expect(divergence[2]).toBeGreaterThan(2 * divergence[3]!);
  expect(divergence[3]).toBeLessThan(1e-3);
});

test("wrong calls say what to write, and a folder that is there is left alone", async () => {
  const to = ["--weights", "int8", "--out", join(folder, "never")];
  expect(await runFlamingo(["convert", model, ...to, "--part", "sight=int4"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("write PART=FORMAT with a part of vision"),
  });
  expect(await runFlamingo(["convert", model, "--weights", "int5", "--out", "x"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("int4, int4-g128, int8, w8a8, float16"),
  });
  const there = await runFlamingo(["convert", model, "--weights", "int8", "--out", folder]);
  expect(there).toMatchObject({ code: 2, stderr: expect.stringContaining("exists already") });
  expect(existsSync(join(folder, "never"))).toBe(false);
});

const published = join(import.meta.dirname, "../fixtures/published/openflamingo-neox-every-2");

test.each(["pt", "safetensors"])("--to openflamingo writes a .%s file, and says how OpenFlamingo's code builds the model", async (format) => {
  const out = join(folder, `whole.${format}`);
  const { code, stdout } = await runFlamingo(["convert", published, "--to", "openflamingo", "--out", out, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    out,
    family: "neox",
    crossAttnEveryNLayers: 2,
    classes: { PerceiverResampler: { depth: 2, dim_head: 8, heads: 2, num_latents: 4 }, GatedCrossAttentionBlock: { dim_head: 8, heads: 2 } },
    newTokens: ["<|endofchunk|>", "<image>", "<PAD>"],
  });
  const inspected = await runFlamingo(["inspect", out, "--all"]);
  expect(inspected.stdout).toContain("lang_encoder.gpt_neox.layers.1.decoder_layer.attention.query_key_value.weight");
  expect(inspected.stdout).toContain("vision_encoder.conv1.weight");
  expect(await runFlamingo(["convert", published, "--to", "openflamingo", "--out", out])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("exists already") as string,
  });
  const trained = join(folder, `trained.${format}`);
  const report = await runFlamingo(["convert", published, "--to", "openflamingo", "--only-trained", "--out", trained]);
  expect(report.stdout).toContain("cross_attn_every_n_layers=2), then model.load_state_dict(");
  expect((await runFlamingo(["inspect", trained, "--all"])).stdout).not.toContain("vision_encoder.");
  expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([]);
});

test("what OpenFlamingo cannot hold, and options that do not go together", async () => {
  const out = join(folder, "never.pt");
  const refused = await runFlamingo(["convert", model, "--to", "openflamingo", "--out", out]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('vision.kind is "mobilenet-v2", there it is "clip-vit"') as string });
  const calls: readonly (readonly [readonly string[], string])[] = [
    [["--to", "openflamingo", "--weights", "int8"], "--weights would do nothing"],
    [["--to", "openflamingo", "--out", "x.bin"], ".pt or .safetensors"],
    [["--weights", "int8", "--only-trained"], "--only-trained would do nothing"],
    [[], "give --weights FORMAT"],
  ];
  for (const [given, message] of calls)
    expect(await runFlamingo(["convert", published, "--out", out, ...given])).toMatchObject({ code: 2, stderr: expect.stringContaining(message) as string });
  expect(existsSync(out)).toBe(false);
});

test("Ctrl-C leaves nothing half done", async () => {
  const out = join(folder, "stopped");
  let sent = false;
  const { code, stderr } = await runFlamingo(["convert", "nano", "--weights", "int4", "--out", out], {
    watch: (text, send) => {
      if (sent || !text.includes("writing ")) return;
      sent = true;
      send("SIGINT");
    },
  });
  expect(code).toBe(130);
  expect(stderr).toMatch(/stopped; nothing was left/);
  expect(existsSync(out)).toBe(false);
  expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([]);
});
