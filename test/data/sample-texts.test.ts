import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PieceCounts, trainBytePairTokenizer } from "../../src/data/byte-pair-training.ts";
import { openJsonl } from "../../src/data/samples/jsonl.ts";
import { mmc4Options } from "../../src/data/samples/mmc4.ts";
import { SampleStream } from "../../src/data/samples/sample-stream.ts";
import { countTexts } from "../../src/data/samples/sample-texts.ts";

const texts = Array.from({ length: 200 }, (_, i) => `a ${["red", "green", "blue"][i % 3]} thing of number ${i}`);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-texts-"));
  await writeFile(join(folder, "pairs.jsonl"), texts.map((text, i) => JSON.stringify({ image: `${i}.png`, text })).join("\n"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const counted = async (characters: number): Promise<PieceCounts> => {
  const stream = await SampleStream.open({
    name: "texts",
    seed: 1,
    shards: [join(folder, "pairs.jsonl")],
    open: openJsonl({ image: undefined, text: undefined, mmc4: mmc4Options.parse({}) }),
    reader: { index: 0, count: 1 },
    shuffle: 10,
    badShare: 0,
  });
  const counts = new PieceCounts();
  await countTexts(stream, characters, counts);
  await stream.close();
  return counts;
};

test("a vocabulary that is learnt from samples in files is that of their texts, each once", async () => {
  const counts = await counted(1e6);
  expect(counts.characters).toBe(texts.join("").length);
  expect(trainBytePairTokenizer(counts, 300, ["<pad>"])).toEqual(trainBytePairTokenizer(texts, 300, ["<pad>"]));
});

test("no more text is read than is allowed, but for the one that goes beyond it", async () => {
  const longest = Math.max(...texts.map(({ length }) => length));
  const { characters } = await counted(500);
  expect(characters).toBeGreaterThanOrEqual(500);
  expect(characters).toBeLessThan(500 + longest);
});
