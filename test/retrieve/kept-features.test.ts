import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { keptFeatures, npyHeader } from "../../src/retrieve/platform/node-feature-file.ts";

const folder = await mkdtemp(join(tmpdir(), "flamingo-kept-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const [count, width, together] = [70, 4, 32];
const origin = { encoder: "e", pictures: "p" };
const row = (place: number): Float32Array => Float32Array.from({ length: width }, (_, i) => place + i / 8);
const rows = [npyHeader(count, width), ...Array.from({ length: count }, (_, place) => new Uint8Array(row(place).buffer))];
const whole = Buffer.concat([...rows, new TextEncoder().encode(`${JSON.stringify(origin)}\n`)]);

/** Which rows were asked for. @param most - breaks off, as a killed process does, before more are given */
function maker(most = Number.POSITIVE_INFINITY): { readonly asked: number[]; rowsFrom(place: number): Promise<Float32Array[]> } {
  const asked: number[] = [];
  return {
    asked,
    async rowsFrom(place) {
      if (place >= most) throw new Error("killed");
      asked.push(place);
      const end = Math.min(count, place - (place % together) + together);
      return Array.from({ length: end - place }, (_, i) => row(place + i));
    },
  };
}

test("features are made once, and gone on with after a kill", async () => {
  const path = join(folder, "features.npy");
  const killed = maker(64);
  await expect(keptFeatures(path, origin, count, killed.rowsFrom)).rejects.toThrow("killed");
  expect(killed.asked).toEqual([0, 32]);
  // The last row was being written.
  const [part] = (await readdir(folder)).filter((name) => name.startsWith("features.npy."));
  await truncate(join(folder, part!), 128 + 4 * width * 63 + 3);
  const next = maker();
  const { rows: where, ...size } = await keptFeatures(path, origin, count, next.rowsFrom);
  expect(next.asked).toEqual([0, 32, 64]);
  expect({ size, rows: where }).toMatchObject({ size: { count, width }, rows: { name: "features.npy", offset: 128 } });
  expect(Buffer.compare(await readFile(path), whole)).toBe(0);
  const known = maker(0);
  await keptFeatures(path, origin, count, known.rowsFrom);
  expect(known.asked).toEqual([]);
});

test("several processes that make the same at the same time give the same file", async () => {
  const path = join(folder, "together.npy");
  await Promise.all([1, 2, 3].map(() => keptFeatures(path, origin, count, maker().rowsFrom)));
  expect(Buffer.compare(await readFile(path), whole)).toBe(0);
});

test("features of other pictures, or of another encoder, are neither used nor written over", async () => {
  const path = join(folder, "other.npy");
  await keptFeatures(path, origin, count, maker().rowsFrom);
  for (const other of [
    { ...origin, encoder: "f" },
    { ...origin, pictures: "q" },
  ])
    await expect(keptFeatures(path, other, count, maker().rowsFrom)).rejects.toThrow(
      /other\.npy holds features of other pictures or of another encoder: .*Name another file/,
    );
  // What was left of other ones is begun anew.
  const left = join(folder, "left.npy");
  await expect(keptFeatures(left, { ...origin, encoder: "f" }, count, maker(64).rowsFrom)).rejects.toThrow("killed");
  const anew = maker();
  await keptFeatures(left, origin, count, anew.rowsFrom);
  expect(anew.asked).toEqual([0, 32, 64]);
  expect(Buffer.compare(await readFile(left), whole)).toBe(0);
  // A file that somebody else has made says nothing of where it comes from.
  const foreign = join(folder, "foreign.npy");
  await writeFile(foreign, Buffer.concat(rows));
  await expect(keptFeatures(foreign, origin, count, maker().rowsFrom)).rejects.toThrow(/it says nothing of where they come from/);
});
