import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Random } from "../../src/data/random.ts";
import { FeatureIndex } from "../../src/retrieve/feature-index.ts";
import { npyHeader, openFeatureFile } from "../../src/retrieve/platform/node-feature-file.ts";
import { cosine, unit } from "../../src/retrieve/vectors.ts";

const [count, width, queries] = [150_000, 8, 21];
const random = new Random("features");
const rows = new Float32Array(count * width);
for (let i = 0; i < count; i++) rows.set(unit(Float32Array.from({ length: width }, () => random.between(-1, 1))), i * width);
const asked = new Float32Array(queries * width);
for (let i = 0; i < queries; i++) asked.set(unit(Float32Array.from({ length: width }, () => random.between(-1, 1))), i * width);
const folder = await mkdtemp(join(tmpdir(), "flamingo-features-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** By looking at each. */
function expected(query: number, wanted: number): readonly number[] {
  const own = asked.subarray(query * width, (query + 1) * width);
  return Array.from({ length: count }, (_, place) => ({ place, similarity: cosine(own, rows.subarray(place * width, (place + 1) * width)) }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, wanted)
    .map(({ place }) => place);
}

test("the nearest are found over all blocks, in memory and in a mapped file alike", async () => {
  const file = join(folder, "features.npy");
  await writeFile(file, Buffer.concat([npyHeader(count, width), new Uint8Array(rows.buffer)]));
  for (const features of [{ count, width, rows }, await openFeatureFile(file)]) {
    const index = await FeatureIndex.open(features);
    const found = await index.nearest(asked, 5);
    expect(found).toHaveLength(queries);
    for (const query of [0, 7, 20]) {
      expect(found[query]!.map(({ place }) => place)).toEqual(expected(query, 5));
      for (const { place, similarity } of found[query]!)
        expect(similarity).toBeCloseTo(cosine(asked.subarray(query * width, (query + 1) * width), rows.subarray(place * width, (place + 1) * width)), 5);
    }
    expect((await index.nearest(asked.slice(0, width), 0))[0]).toEqual([]);
    await index.dispose();
  }
  await truncate(file, 1000);
  await expect(openFeatureFile(file)).rejects.toThrow(/features\.npy is cut short: 150000 x 8 numbers need 4800128 bytes, it has 1000/);
  await writeFile(file, "no features at all");
  await expect(openFeatureFile(file)).rejects.toThrow(/holds no features: it must be an \.npy file of float32 rows/);
});
