import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareTraining } from "../../src/cli/training-inputs.ts";
import { tarBytes } from "../../src/data/samples/tar-bytes.ts";
import { createRuntime, type HostTensor, type Runtime } from "../../src/runtime/runtime.ts";
import type { TrainingSource } from "../../src/train/training-source.ts";
import { nanoConfig } from "./nano-config.ts";

const videos = new URL("../fixtures/data/videos/", import.meta.url).pathname;
const pictures = new URL("../fixtures/data/pictures/", import.meta.url).pathname;
let folder: string;
let runtime: Runtime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-clips-"));
  await mkdir(join(folder, "films"));
  const members: [string, Uint8Array][] = [];
  for (const name of ["h264.mp4", "vp8.webm", "sound.mp4", "cut.mp4"]) {
    const [base, ending] = name.split(".") as [string, string];
    await copyFile(videos + name, join(folder, "films", name));
    await writeFile(join(folder, "films", `${base}.txt`), `moving colours of ${base}`);
    members.push([`${base}.${ending}`, await readFile(videos + name)], [`${base}.txt`, Buffer.from(`moving colours of ${base}`)]);
  }
  await writeFile(join(folder, "films.tar"), tarBytes(members));
  const lines = ["h264.mp4", "vp8.webm", "sound.mp4", "cut.mp4"].map((name) => JSON.stringify({ video: `films/${name}`, text: `moving colours of ${name}` }));
  await writeFile(join(folder, "films.jsonl"), `${lines.join("\n")}\n`);
  const page = { pieces: [{ text: "A still:" }, { image: `${pictures}rgb.png` }, { text: "It moves:" }, { video: "films/cut.mp4" }, { text: "The end." }] };
  await writeFile(join(folder, "page.jsonl"), `${JSON.stringify(page)}\n`);
  runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true, force: true });
});

const open = async (source: object): Promise<TrainingSource> => {
  const config = nanoConfig({ name: "data", rows: 3, bucket: 1, shuffle: 1, badShare: 1, ...source }, { name: "clips" });
  return (await prepareTraining(config, { folder, modules: folder }, runtime, () => {})).sources[0]!;
};
const featuresAt = async (source: TrainingSource, step: number): Promise<HostTensor> => (await (await source.batch(step))[0]!.feeds())["features"]!;

test.each([
  ["folder", "films"],
  ["webdataset", "films.tar"],
  ["jsonl", "films.jsonl"],
])("films of a %s are shown as frames that follow each other, others in each epoch; one without pictures is left out and told of", async (kind, name) => {
  const source = await open({ kind, paths: join(folder, name), clip: { frames: 4 } });
  const epochs = [await featuresAt(source, 0), await featuresAt(source, 1)];
  for (const { shape, data } of epochs) {
    // cut.mp4 has 3 seconds: its last frame is seen twice.
    expect(shape).toEqual([3, 4, 39, 432]);
    const frame = (i: number): Float32Array => (data as Float32Array).subarray(i * 39 * 432, (i + 1) * 39 * 432);
    const same = Array.from({ length: 12 }, (_, i) => i % 4 < 3 && frame(i).every((value, at) => value === frame(i + 1)[at]));
    expect(same.filter(Boolean)).toHaveLength(1);
  }
  expect(epochs[0]!.data).not.toEqual(epochs[1]!.data);
  const again = await open({ kind, paths: join(folder, name), clip: { frames: 4 } });
  expect(await featuresAt(again, 0)).toEqual(epochs[0]);
  const bad = (await readFile(join(folder, "bad-samples.jsonl"), "utf8")).trim().split("\n");
  expect(JSON.parse(bad.at(-1)!)).toMatchObject({ reason: expect.stringMatching(/sound\.mp4 has no pictures: of its tracks audio/) });
  await source.close?.();
  await again.close?.();
});

test("a page may hold pictures and films; eight frames unless told otherwise, fewer of a shorter film", async () => {
  const source = await open({ kind: "jsonl", paths: join(folder, "page.jsonl"), rows: 1, sequence: { nextPicture: 0 } });
  expect((await featuresAt(source, 0)).shape).toEqual([2, 3, 39, 432]);
  await source.close?.();
});
