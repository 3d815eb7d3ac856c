/** The suite of photographs, asked of a model whose encoder has a classifier: with pictures of noise in the place of the photographs, which no test can fetch. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { photographSources } from "../../recipes/nano/drawings/photographs.ts";
import { sceneLabels, thingLabels } from "../../recipes/nano/evaluation/photograph-names.ts";
import unsure from "../../recipes/nano/evaluation/unsure-photographs.json" with { type: "json" };
import { noisePicture, tinyConfig, writeTinyModel } from "../generate/tiny-model.ts";
import { runFlamingo } from "./run-flamingo.ts";

const hen = 8;
const pictures = await mkdtemp(join(tmpdir(), "flamingo-photographs-"));
let folders: string[];
let count: number;
afterAll(() => Promise.all([pictures, ...folders].map((folder) => rm(folder, { recursive: true, force: true }))));

/** Five photographs of every class of things that has so many. */
beforeAll(async () => {
  const [stamps] = photographSources;
  const classed = [...thingLabels.keys()].map((file) => ({ file, class: stamps!.classOf(file.slice(`${stamps!.id}/${stamps!.folder}/`.length)) }));
  const photographs = [...Map.groupBy(classed, (photograph) => photograph.class).values()]
    .filter((each) => each.length >= 5)
    .flatMap((each) => each.slice(0, 5));
  count = photographs.length;
  const scenes = [...sceneLabels.keys()].filter((file) => /\/(?:beach|city|desert|mountain|sea)[0-4]\.jpg$/.test(file));
  const sources = [
    { id: "tuxpaint", photographs },
    { id: "endless-sky", photographs: scenes.map((file) => ({ file, class: /\/([a-z]+)\d\.jpg$/.exec(file)![1] })) },
  ];
  for (const { photographs: each } of sources) {
    for (const [i, { file }] of each.entries()) {
      await mkdir(dirname(join(pictures, file)), { recursive: true });
      const { width, height, data } = noisePicture(i);
      await sharp(data, { raw: { width, height, channels: 3 } }).toFile(join(pictures, file));
    }
  }
  await writeFile(join(pictures, "photographs.json"), JSON.stringify({ format: 1, sources }));
  const vision = { ...tinyConfig.vision, classes: 1000 };
  // One is sure that everything is a hen, one finds all the same.
  folders = await Promise.all(
    [50, 0].map(async (bias) => {
      const change = (path: string, values: Float32Array): void => {
        if (path === "vision.classifier.weight") values.fill(0);
        if (path === "vision.classifier.bias") values.fill(0).fill(bias, hen, hen + 1);
      };
      return (await writeTinyModel({ ...tinyConfig, vision }, 5, change)).folder;
    }),
  );
  folders.push((await writeTinyModel()).folder);
});

interface Shares {
  readonly [measure: string]: number | undefined;
}

/** Shares by task and answerer, of names. */
async function named(model: string): Promise<Map<string, Shares>> {
  const args = ["--suite", "nano/photographs-suite", "--pictures", pictures, "--limit", "100", "--only", "naming", "--baselines", "0", "--json"];
  const { code, stdout, stderr } = await runFlamingo(["evaluate", "--model", model, ...args]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { results } = JSON.parse(stdout) as {
    results: { task: string; answerer: string; measures: Record<string, { value: number }> }[];
  };
  return new Map(
    results.map(({ task, answerer, measures }) => {
      const share = (name: string): number => measures[name]!.value / 100;
      return [`${task}, ${answerer}`, { right: share("right"), unsure: share("not sure"), narrow: share("wrong and below class level") }];
    }),
  );
}

test("the encoder's classifier is judged as the model is", async () => {
  const results = await named(folders[0]!);
  // One of them is a hen.
  const things = results.get("naming photographs of things, the encoder's classifier")!;
  expect(things).toEqual({ right: 1 / count, unsure: 0, narrow: 1 - 1 / count });
  expect(results.get("naming photographs of scenes, the encoder's classifier")).toEqual({ right: 0, unsure: 0, narrow: 1 });
  expect(results.get("naming unsure photographs, the encoder's classifier")).toMatchObject({ right: 0, narrow: 1 });
  expect([...results.keys()].some((key) => key.endsWith(", model"))).toBe(true);
});

test("what is not sure says so, which is right where nothing can be named", async () => {
  const results = await named(folders[1]!);
  expect(results.get("naming photographs of things, the encoder's classifier")).toEqual({ right: 0, unsure: 1, narrow: 0 });
  expect(results.get("naming unsure photographs, the encoder's classifier")).toEqual({ right: 1, unsure: 1, narrow: 0 });
});

test("an encoder without a classifier is not compared with one", async () => {
  const results = await named(folders[2]!);
  expect([...results.keys()].filter((key) => key.includes("classifier"))).toEqual([]);
  expect(results.has("naming photographs of things, model")).toBe(true);
});

test("the list of unsure photographs is written by a command", async () => {
  const out = join(pictures, "unsure.json");
  const data = (model: string): Promise<{ code: number | null; stderr: string }> =>
    runFlamingo(["data", "nano/unsure-photographs-data", "--set", `model=${model}`, "--set", `pictures=${pictures}`, "--set", `out=${out}`]);
  expect(await data(folders[1]!)).toMatchObject({ code: 0 });
  const { naming, photographs } = (await import(out, { with: { type: "json" } })) as { naming: number; photographs: string[] };
  expect(naming).toBe(unsure.naming);
  expect(photographs.length).toBe(new Set(photographs).size);
  const { code, stderr } = await data(folders[2]!);
  expect(stderr).toContain("flamingo: the model tiny has no classifier of 1000 classes");
  expect(code).toBe(1);
});
