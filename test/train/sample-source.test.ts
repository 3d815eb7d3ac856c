import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prepareTraining } from "../../src/cli/training-inputs.ts";
import { createRuntime, type HostTensor, type Runtime } from "../../src/runtime/runtime.ts";
import type { TrainingSource } from "../../src/train/training-source.ts";
import { nanoConfig } from "./nano-config.ts";

const colours = ["red", "green", "blue", "yellow", "black", "white", "brown", "grey"] as const;

let folder: string;
let runtime: Runtime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-sample-source-"));
  await mkdir(join(folder, "pictures"));
  for (const [i, colour] of colours.entries()) {
    await sharp({ create: { width: 40 + i, height: 30, channels: 3, background: colour } })
      .png()
      .toFile(join(folder, "pictures", `${colour}.png`));
    await writeFile(join(folder, "pictures", `${colour}.txt`), `a ${colour} square`);
  }
  const page = (name: string, shown: readonly string[]): string =>
    JSON.stringify({ pieces: [{ text: `About ${name}.` }, ...shown.flatMap((each) => [{ image: `pictures/${each}` }, { text: `This is ${each}.` }])] });
  const pages = [
    page("one", ["red.png"]),
    page("two", ["red.png", "none.png", "blue.png"]),
    page("three", ["green.png", "blue.png"]),
    page("four", ["none.png"]),
  ];
  await writeFile(join(folder, "pages.jsonl"), `${pages.join("\n")}\n`);
  runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true, force: true });
});

const config = (source: object, changes: object = {}) => nanoConfig({ name: "data", rows: 2, bucket: 2, ...source }, { name: "samples", ...changes });
const folderOf = (): object => ({ kind: "folder", paths: join(folder, "pictures") });
const pagesOf = (): object => ({ kind: "jsonl", paths: [join(folder, "pages.jsonl")], badShare: 0.7 });
const open = async (source: object, changes: object = {}): Promise<TrainingSource> =>
  (await prepareTraining(config(source, changes), { folder, modules: folder }, runtime, () => {})).sources[0]!;

type Batch = Readonly<Record<string, HostTensor>>;
const batches = async (source: TrainingSource, count: number): Promise<Batch[]> => {
  const all: Batch[] = [];
  for (let step = 0; step < count; step++) all.push(await (await source.batch(step))[0]!.feeds());
  return all;
};

describe("samples in files", () => {
  test("become batches of as many rows, with a picture for every pair, all samples in an epoch", async () => {
    const source = await open(folderOf());
    const learnt: string[] = [];
    for (const { tokens, features } of await batches(source, 4)) {
      expect(tokens!.shape[0]).toBe(2);
      expect(features!.shape).toEqual([2, 1, 39, 432]);
      const length = tokens!.shape[1]!;
      for (const row of [0, 1]) learnt.push([...(tokens!.data as BigInt64Array)].slice(row * length, (row + 1) * length).join());
    }
    expect(new Set(learnt).size).toBe(8);
    await source.close?.();
  });

  test("a run that goes on from a checkpoint sees what an uninterrupted one would have seen, whenever it stopped", async () => {
    const whole = await open(folderOf());
    expect(whole.position?.()).toBeUndefined();
    const expected = await batches(whole, 7);
    for (const stopped of [1, 2, 5]) {
      const first = await open(folderOf());
      await batches(first, stopped);
      const second = await open(folderOf());
      second.goOnFrom?.(JSON.parse(JSON.stringify(first.position?.())));
      expect(await batches(second, 7 - stopped)).toEqual(expected.slice(stopped));
      await first.close?.();
      await second.close?.();
    }
    await whole.close?.();
    expect(await batches(await open(folderOf(), { train: { steps: 1, seed: 5 } }), 7)).not.toEqual(expected);
  });

  test("pictures that are not there are left out of pages without a trace, told of and listed; pages with no other are left out", async () => {
    const source = await open({ ...pagesOf(), bucket: 1, rows: 3, shuffle: 1, sequence: { nextPicture: 0 } });
    const [{ tokens, features }] = (await batches(source, 1)) as [Batch];
    expect(features!.shape[0]).toBe(5);
    expect(tokens!.shape[0]).toBe(3);
    const listed = (await readFile(join(folder, "bad-samples.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(listed[0]).toMatchObject({
      data: "data",
      shard: join(folder, "pages.jsonl"),
      key: "line 2",
      reason: expect.stringMatching(/there is no file .*none\.png/),
    });
    await source.close?.();
  });

  test("pictures are changed at random where the config wants that, each time they are shown, and the same ones by the same run", async () => {
    const seen = async (changes: object): Promise<string[]> => {
      const source = await open({ ...folderOf(), rows: 1, bucket: 1, shuffle: 1 }, changes);
      const shown = (await batches(source, 16)).map(({ features }) => (features!.data as Float32Array).join());
      await source.close?.();
      return shown;
    };
    expect(new Set(await seen({})).size).toBe(8);
    const changed = await seen({ augmentation: { brightness: 0.5 } });
    // Black stays black, however bright, and white may be as bright as it gets both times.
    expect(new Set(changed).size).toBeGreaterThanOrEqual(6 + 6 + 1 + 1);
    expect(await seen({ augmentation: { brightness: 0.5 } })).toEqual(changed);
  });

  test("features are kept by what the pictures show, and a run learns from them what it learns when they are computed", async () => {
    const kept = { ...folderOf(), features: join(folder, "kept"), rows: 4, bucket: 2, shuffle: 1 };
    const first = await open(kept);
    const computed = await batches(first, 4);
    await first.close?.();
    const files = await Promise.all(
      (await readdir(join(folder, "kept"))).filter((name) => name.endsWith(".bin")).map((name) => readFile(join(folder, "kept", name))),
    );
    const second = await open(kept);
    expect(await batches(second, 4)).toEqual(computed);
    await second.close?.();
    expect(files.map(({ length }) => length)).toEqual([colours.length * (16 + 8 + 39 * (432 + 4))]);
    expect((await readdir(join(folder, "kept"))).filter((name) => name.endsWith(".bin"))).toHaveLength(1);
  });

  test("the language stage learns from their text alone", async () => {
    const source = await open(pagesOf(), { stage: "language" });
    const [batch] = (await batches(source, 1)) as [Batch];
    expect(Object.keys(batch).sort()).toEqual(["labelWeights", "labels", "rows", "tokens"]);
    await source.close?.();
  });
});

describe("what does not fit is named", () => {
  test.each([
    [{ kind: "tars", paths: "x" }, /"data\.0\.kind" must be one of "module", "webdataset", "parquet", "jsonl", "folder"; found "tars"/],
    [{ kind: "folder", paths: "x", image: "jpg" }, /unknown key "data\.0\.image"; valid keys there: .*paths/],
    [{ kind: "webdataset", paths: [] }, /"data\.0\.paths"/],
    [{ kind: "webdataset", paths: "x", tokens: 32 }, /unknown key "data\.0\.tokens"/],
    [{ kind: "jsonl", paths: "x", sequence: { leastPictures: 6 } }, /"leastPictures" is more than "mostPictures"/],
    [{ kind: "jsonl", paths: "x", sequence: { tokens: 5000 } }, /"data": rows of 5000 tokens are longer than the 1024/],
  ])("%o", (source, message) => {
    expect(() => config(source)).toThrow(message);
  });

  test.each([
    [{ kind: "folder", paths: "x" }, { stage: "language" }, /"augmentation" changes pictures, and a stage "language" has none/],
    [{ kind: "module", module: "x.ts" }, {}, /"data" is a module, which draws its pictures itself/],
    [{ kind: "folder", paths: "x", features: "kept" }, {}, /of which "data" would keep "features" that are never found again/],
  ])("random changes of pictures of %o", (source, changes, message) => {
    expect(() => config(source, { augmentation: { flip: 0.5 }, ...changes })).toThrow(message);
  });

  test("a stage that cannot learn from it", async () => {
    await expect(open(folderOf(), { stage: "resampler" })).rejects.toThrow(
      /a stage "resampler" learns from pairs of pictures, which a module draws; folder has pictures with texts/,
    );
  });

  test("too many that cannot be read", async () => {
    const source = await open({ ...pagesOf(), badShare: 0.1 });
    await expect(batches(source, 3)).rejects.toThrow(/the data set "data": \d of \d+ samples cannot be read, more than the share of 0\.1/);
    await source.close?.();
  });
});
