/** Each row of the paper's tables of ablations, at a size of nothing: its graph is built, and it learns from every data set. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeSafetensors } from "../../../src/checkpoint/safetensors.ts";
import { prepareTraining } from "../../../src/cli/training-inputs.ts";
import { Flamingo } from "../../../src/model/flamingo.ts";
import { initialValues } from "../../../src/nn/initialisers.ts";
import { createRuntime, type HostTensor, type Runtime } from "../../../src/runtime/runtime.ts";
import { parseContrastiveTrainingConfig } from "../../../src/train/contrastive-config.ts";
import { runFolder } from "../../../src/train/platform/node-run-files.ts";
import { type TrainingEvent, train } from "../../../src/train/run.ts";
import { parseTrainingConfig, type TrainingConfig, type TrainingConfigInput } from "../../../src/train/training-config.ts";

type Row = import("../../../recipes/ablation/ablation.ts").PaperRow;
const { ablation } = await import("../../../recipes/ablation/ablation.ts");
const { paperRows } = await import("../../../recipes/ablation/rows.ts");
const { small } = await import("../../../recipes/ablation/size.ts");

const tiny: typeof small = {
  ...small,
  towers: {
    "nfnet-f6": { kind: "nfnet", imageSize: 32, depths: [1, 1, 1, 1], channels: [8, 8, 16, 16], stem: [4, 4, 8, 8], groupSize: 4, width: 16 },
    "nfnet-f0": { kind: "nfnet", imageSize: 32, depths: [1, 1, 1, 1], channels: [8, 8, 8, 8], stem: [4, 4, 4, 4], groupSize: 4, width: 8 },
    "clip-vit-l-14": { kind: "clip-vit", imageSize: 32, patchSize: 16, width: 16, layers: 1, heads: 2 },
  },
  language: { vocabulary: 4096, width: 16, blocks: 4, heads: 2, maxTokens: 128 },
  resampler: { width: 16, layers: 1, latents: 4, frames: 4, latentsDeviation: 0.05 },
  smallResampler: { width: 8, layers: 1, latents: 4, frames: 4, latentsDeviation: 0.05 },
  largeResampler: { width: 32, layers: 1, latents: 4, frames: 4, latentsDeviation: 0.05 },
  heads: 2,
  grafted: 2,
  data: { ...small.data, rows: { M3W: 2, ALIGN: 2, LTIP: 2, LAION: 2, VTP: 2 } },
  train: { ...small.train, steps: 2 },
};

let folder: string;
let runtime: Runtime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-rows-"));
  runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true, force: true });
});

const names = (await readdir("recipes/ablation/rows")).map((file) => file.replace(/\.ts$/, ""));
const rowOf = async (name: string): Promise<Row> => (await import(`../../../recipes/paper/${name}.ts`)) as Row;

/** The row's config with parts of random weights, as the runs before it would have left them. */
async function begun(name: string, config: TrainingConfigInput): Promise<TrainingConfig> {
  const { parts, model } = parseTrainingConfig(config);
  const weights = [...new Flamingo(model).parameters()].map(([path, tensor]): [string, HostTensor] => [
    path,
    { dtype: "float32", shape: tensor.shape as readonly number[], data: initialValues(tensor, 1) },
  ]);
  const made: Record<string, string> = {};
  for (const part of Object.keys(parts)) {
    made[part] = join(folder, `${name}-${part}.safetensors`);
    await runFolder(folder).write(`${name}-${part}.safetensors`, writeSafetensors(new Map(weights.filter(([path]) => path.startsWith(`${part}.`)))));
  }
  return parseTrainingConfig({ ...config, parts: made, tokenizer: { file: "models/nano/tokenizer.json" } });
}

const writtenOut = async (name: string): Promise<TrainingConfig> => begun(name, ablation(name, await rowOf(name), tiny));

describe("a row of the table", () => {
  test.each(paperRows(tiny).map((row) => [row.id, row.config] as const))("%s takes two steps", async (name, row) => {
    const config = await begun(name, row);
    const inputs = await prepareTraining(config, { folder, modules: "recipes/ablation/rows" }, runtime, () => {});
    const events: TrainingEvent[] = [];
    let trained = new Map<string, HostTensor>();
    const run = train({ config, ...inputs, runtime, files: runFolder(join(folder, name)), resume: false });
    for (let result = await run.next(); ; result = await run.next()) {
      if (result.done === true) {
        trained = new Map(result.value);
        break;
      }
      events.push(result.value);
    }
    const steps = events.filter((event) => event.type === "step");
    expect(steps).toHaveLength(2);
    for (const { losses } of steps) {
      expect(Object.keys(losses)).toEqual(config.combine === "round-robin" ? [expect.any(String)] : config.data.map((source) => source.name));
      for (const loss of Object.values(losses)) expect(loss).toBeGreaterThan(0);
    }
    expect(new Set([...trained.keys()].map((path) => path.split(".")[0]))).toEqual(
      new Set(["resampler", "fusion", ...(["vision", "language"] as const).filter((part) => !config.model.freeze[part])]),
    );
  });

  test("is what the paper changes, and nothing else", async () => {
    const [baseline, ...others] = await Promise.all(["flamingo-3b", ...names.filter((name) => name !== "flamingo-3b")].map(writtenOut));
    const { name: _, parts: __, model, ...rest } = baseline!;
    const changed = others.map(({ name, parts, ...config }): [string, string[]] => [
      name.replace("ablation-", ""),
      [
        ...Object.keys(model).filter((key) => JSON.stringify(config.model[key as keyof typeof model]) !== JSON.stringify(model[key as keyof typeof model])),
        ...Object.keys(rest).filter((key) => JSON.stringify(config[key as keyof typeof rest]) !== JSON.stringify(rest[key as keyof typeof rest])),
        ...("language" in parts ? [] : ["random"]),
      ],
    ]);
    expect(Object.fromEntries(changed)).toEqual({
      "i-laion": ["data"],
      "i-without-image-text": ["data"],
      "i-without-m3w": ["data"],
      "i-without-video-text": ["data"],
      "ii-round-robin": ["combine"],
      "iii-no-tanh-gating": ["fusion"],
      "iv-grafting": ["fusion"],
      "iv-vanilla-xattn": ["fusion"],
      "v-every-2nd": ["fusion"],
      "v-every-4th": ["fusion"],
      "v-single-in-the-middle": ["fusion"],
      "vi-mlp": ["resampler"],
      "vi-transformer": ["resampler"],
      "vii-clip-vit-l-14": ["vision"],
      "vii-nfnet-f0": ["vision"],
      "viii-lm-fine-tuned": ["freeze", "optimiser"],
      "viii-lm-from-scratch": ["freeze", "random"],
    });
  });
});

test("the list of rows is the paper's table, in its order, with what it printed", async () => {
  const rows = paperRows(small);
  const [header, ...lines] = (await readFile("test/fixtures/paper/overall-scores.csv", "utf8"))
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  const [baseline, ...changed] = lines.map((line) => ({ group: line[0], overall: Number(line[header!.indexOf("overall")]) }));
  expect(rows.slice(1, lines.length).map(({ group, published }) => [group, published!.toFixed(1)])).toEqual(
    changed.map(({ group, overall }) => [group, (overall - baseline!.overall).toFixed(1)]),
  );
  expect(rows.slice(lines.length).map(({ group }) => group)).toEqual(["a-i", "a-i", "a-ii", "a-v", "a-v"]);
  expect(rows.filter(({ costly }) => costly).map(({ group }) => group)).toEqual(["a-v", "a-v"]);
  expect(new Set(rows.slice(1, lines.length).map(({ id }) => id))).toEqual(new Set(names.filter((name) => name !== "flamingo-3b")));
});

test("with nano's parts each row is a config that can be trained, and differs from the baseline", async () => {
  const { default: open } = await import("../../../recipes/nano/ablation.ts");
  const { rows, before } = open("runs");
  const configs = rows.map(({ config }) => JSON.stringify({ ...parseTrainingConfig(config), name: "" }));
  expect(new Set(configs).size).toBe(rows.length);
  for (const { model } of rows.map(({ config }) => parseTrainingConfig(config))) expect(() => new Flamingo(model).count()).not.toThrow();
  for (const config of before!) expect(parseContrastiveTrainingConfig(config).name).toMatch(/^nano-ablation-/);
});

test("configs as they are written are complete, with those of what comes before", async () => {
  for (const name of names) {
    const { default: config } = (await import(`../../../recipes/ablation/rows/${name}.ts`)) as { default: { name: string } };
    expect(parseTrainingConfig(config).name).toBe(`ablation-${name}`);
  }
  const { default: language } = await import("../../../recipes/ablation/language.ts");
  expect(parseTrainingConfig(language).stage).toBe("language");
  for (const tower of Object.keys(small.towers)) {
    const { default: config } = (await import(`../../../recipes/ablation/vision-${tower}.ts`)) as { default: object };
    expect(parseContrastiveTrainingConfig(config).name).toBe(`ablation-${tower}`);
  }
});
