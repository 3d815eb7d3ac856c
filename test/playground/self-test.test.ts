/** The self-test over models that really compute wrongly: weights of which a part is missing stand for a kernel that leaves that part out. */
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { selfTestDifference, selfTestScores, tolerance } from "../../playground/src/in-page/self-test.ts";
import { Flamingo } from "../../src/index.ts";

async function withModel<Result>(name: string, threads: number | undefined, use: (model: Flamingo) => Promise<Result>): Promise<Result> {
  const model = await Flamingo.load(name, { device: "cpu", ...(threads === undefined ? {} : { threads }) });
  try {
    return await use(model);
  } finally {
    await model.dispose();
  }
}

/** nano, of which the last rows of one matrix are zero. */
async function damagedNano(tensor: string, rows: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-wrong-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const description = JSON.parse(await readFile("models/nano/flamingo.json", "utf8")) as { parts: Record<string, { file: string; sha256: string }> };
  const part = description.parts[tensor.split(".")[0]!]!;
  for (const file of ["tokenizer.json", ...Object.values(description.parts).map((each) => each.file)]) await cp(join("models/nano", file), join(folder, file));
  const bytes = await readFile(join(folder, part.file));
  const end = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString("utf8", 8, end)) as Record<string, { shape: number[]; data_offsets: [number, number] }>;
  const { shape, data_offsets: place } = header[tensor]!;
  bytes.fill(0, end + place[1] - ((place[1] - place[0]) / shape[0]!) * rows, end + place[1]);
  await writeFile(join(folder, part.file), bytes);
  part.sha256 = createHash("sha256").update(bytes).digest("hex");
  await writeFile(join(folder, "flamingo.json"), JSON.stringify(description));
  return folder;
}

describe("the self-test", () => {
  let stored: readonly number[];
  beforeAll(async () => {
    stored = await withModel("nano", undefined, selfTestScores);
  }, 100_000);

  test("passes what computes as it should, in whatever number of threads", async () => {
    expect(await withModel("nano", 1, (model) => selfTestDifference(model, stored))).toBeLessThan(tolerance / 20);
    expect(await withModel(await damagedNano("vision.stem.weight", 0), undefined, (model) => selfTestDifference(model, stored))).toBe(0);
  });

  test.each([
    "vision.blocks.1.expand.weight",
    "vision.blocks.10.project.weight",
    "resampler.input.projection.weight",
    "resampler.layers.1.attention.value.weight",
    "fusion.mediaProjection.weight",
    "fusion.layers.3.attention.value.weight",
    "language.blocks.2.feedForward.down.weight",
    "language.blocks.5.attention.query.weight",
  ])("finds that eight rows of %s are left out", async (tensor) => {
    const folder = await damagedNano(tensor, 8);
    expect(await withModel(folder, undefined, (model) => selfTestDifference(model, stored))).toBeGreaterThan(tolerance);
  });
});
