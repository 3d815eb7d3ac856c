/** The recipe that joins two folders by their names, with random weights in the forms that repositories have: it is trained for some steps, packed and asked. */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Flamingo, image } from "../../src/index.ts";
import { runFlamingo } from "../cli/run-flamingo.ts";
import { fixtures, pictures } from "../parity/published-model.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-joined-"));
  await symlink(join(import.meta.dirname, "../../recipes"), join(folder, "recipes"));
  await mkdir(join(folder, "data/pictures"), { recursive: true });
  for (const [i, picture] of pictures.entries()) {
    await cp(picture, join(folder, `data/pictures/${i}.png`));
    await writeFile(join(folder, `data/pictures/${i}.txt`), i === 0 ? "An image of two cats." : "It is a red hat.");
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const call = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await runFlamingo([...args, "--json"], { folder });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
};

const towers = [
  ["siglip", { kind: "siglip-vit", imageSize: 28, patchSize: 14 }, { fit: "squash", interpolation: "bilinear", mean: [0.5, 0.5, 0.5] }],
  ["clip", { kind: "clip-vit", imageSize: 28, patchSize: 14 }, { fit: "crop", interpolation: "bicubic", mean: [0.48145466, 0.4578275, 0.40821073] }],
] as const;
const languages = [
  ["qwen3", { queryKeyNorm: "head", vocabulary: 320, extraTokens: 3 }, []],
  ["llama3", { vocabulary: 294, extraTokens: 3, positions: { scaling: { kind: "llama3" } } }, ["--set", "markers.start=<|begin_of_text|>"]],
] as const;

describe.each(towers.flatMap((tower) => languages.map((language) => [tower[0], language[0], tower, language] as const)))("%s with %s", (_, __, tower, language) => {
  const [visionName, vision, pixels] = tower;
  const [languageName, config, more] = language;
  test("begins with their weights, learns, is packed, and answers", { timeout: 300_000 }, async () => {
    const name = `${visionName}-${languageName}`;
    const parts = ["--set", `parts.vision=${join(fixtures, `parts-${visionName}`)}`, "--set", `parts.language=${join(fixtures, `parts-${languageName}`)}`];
    const small = ["train.steps=6", "optimiser.warmup=1", "optimiser.learningRate=0.01", "model.resampler.width=32", "model.resampler.layers=1", "data.0.rows=2"];
    const steps = small.flatMap((each) => ["--set", each]);
    await call("train", "recipes/joined/fusion.ts", "--set", `name=${name}`, ...parts, ...steps, ...more);
    const losses = (await readFile(join(folder, `runs/${name}/events.jsonl`), "utf8"))
      .trim()
      .split("\n")
      .flatMap((line) => (JSON.parse(line) as { losses?: { pictures: number } }).losses?.pictures ?? []);
    expect(losses).toHaveLength(6);
    expect(Math.min(...losses.slice(3))).toBeLessThan(losses[0]!);

    await call("pack", `runs/${name}`, "--out", name);
    const model = await Flamingo.load(join(folder, name), { device: "cpu", threads: 1, worker: false });
    try {
      const { config: whole, preprocessing } = model.folder;
      expect(whole.vision).toMatchObject(vision);
      expect(whole.language).toMatchObject(config);
      expect(preprocessing).toMatchObject({ ...pixels, size: [28, 28] });
      const answer = await model.generateText([image(pictures[0]!), "An image"], { maxTokens: 4 });
      expect(typeof answer).toBe("string");
      // Both texts are the tokenizer's own: what goes in comes out.
      expect(model.tokenizer.decode(model.tokenizer.encode("Question: what's 12 cats?"))).toBe("Question: what's 12 cats?");
    } finally {
      await model.dispose();
    }
  });
});
