/** Fine-tuning on pictures in a folder: a split, a grid of learning rates, few-shot beside fine-tuned, an end when nothing gets better. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ValidationEvent } from "../../src/train/validation.ts";
import { runFlamingo } from "./run-flamingo.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-finetune-"));
  await mkdir(join(folder, "pictures"));
  const colours = { red: [220, 30, 30], blue: [30, 60, 200] };
  for (let i = 0; i < 40; i++) {
    const [name, [r, g, b]] = Object.entries(colours)[i % 2] as [string, [number, number, number]];
    const shade = (value: number): number => Math.min(255, value + 3 * (i % 10));
    await sharp({ create: { width: 32 + i, height: 40, channels: 3, background: { r: shade(r), g: shade(g), b: shade(b) } } })
      .png()
      .toFile(join(folder, "pictures", `${i}.png`));
    await writeFile(join(folder, "pictures", `${i}.txt`), `it is ${name}`);
  }
  await writeFile(
    join(folder, "task.json"),
    JSON.stringify({
      name: "colours",
      stage: "flamingo",
      model: {
        vision: { kind: "clip-vit", imageSize: 32, patchSize: 16, width: 16, layers: 1, heads: 2 },
        resampler: { kind: "perceiver", width: 16, layers: 1, heads: 2, headDim: 8, latents: 4, frames: 1 },
        language: { vocabulary: 4096, width: 16, blocks: 2, heads: 2, maxTokens: 128 },
        fusion: { kind: "gated-cross-attention-dense", heads: 2, headDim: 8, gateInitial: 0.5 },
        freeze: { vision: false, language: false },
      },
      tokenizer: { file: "models/nano/tokenizer.json" },
      preprocessing: { fit: "squash", mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
      data: [{ kind: "folder", name: "pictures", paths: join(folder, "pictures"), rows: 8, sequence: { leadingSpace: 0 } }],
      optimiser: { learningRate: 0.005, weightDecay: 0 },
      validation: { share: 0.25, every: 20, patience: 4, shots: [2] },
      train: { steps: 300, seed: 1 },
    }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly run: string;
  readonly learningRate: number;
  readonly rates: readonly { readonly learningRate: number; readonly looks: readonly ValidationEvent[]; readonly parts: readonly string[] }[];
}

test("the best learning rate is kept, and what examples in the prompt do stands beside it", async () => {
  const args = ["finetune", join(folder, "task.json"), "--out", join(folder, "runs"), "--learning-rates", "0.005,1e-7", "--device", "cpu"];
  const { code, stdout, stderr } = await runFlamingo([...args, "--json"]);
  expect(stderr).toMatch(/before training: held out, loss [\d.]+/);
  expect(code).toBe(0);
  const { learningRate, rates, run } = JSON.parse(stdout) as Outcome;
  expect(learningRate).toBe(0.005);
  const [high, low] = rates;
  expect(high!.looks.slice(0, 2).map(({ step, shots }) => ({ step, shots }))).toEqual([
    { step: 0, shots: 0 },
    { step: 0, shots: 2 },
  ]);
  const best = high!.looks.reduce((a, b) => (b.loss < a.loss ? b : a));
  expect(best.loss).toBeLessThan(0.2 * high!.looks[0]!.loss);
  expect(best.exact).toBe(1);
  expect(low!.looks.at(-1)!.loss).toBeGreaterThan(0.9 * high!.looks[0]!.loss);
  for (const part of ["vision", "resampler", "fusion", "language"])
    expect(await readFile(join(run, `${part}.safetensors`))).toEqual(await readFile(join(run, "rate-0.005", `${part}.safetensors`)));

  // What was done is not done again.
  const again = await runFlamingo([...args, "--resume"]);
  expect(again.code).toBe(0);
  expect(again.stdout).toMatch(
    /^on held-out examples +loss +exact +training loss\nas it was .*\n2 examples in the prompt .*\nlearning rate 0\.005 \(kept\) .*\nlearning rate 1e-7 .*\nfine-tuned: /,
  );
  expect(again.stderr).not.toMatch(/step/);
  const refused = await runFlamingo(args);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/there is a run in .*rate-0\.005 already; go on with --resume/);
}, 300_000);

test("what is drawn by a module cannot be held out", async () => {
  const refused = await runFlamingo(["finetune", "recipes/ablation/rows/viii-lm-from-scratch.ts", "--set", "parts={}", "--out", join(folder, "runs")]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/nothing can be held out of "M3W", whose module draws what it shows; name other data to look at under "validation\.data"/);
});
