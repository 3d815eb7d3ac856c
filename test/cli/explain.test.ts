import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { heatedPicture, heatPicture, shownPicture } from "../../src/cli/heat-map.ts";
import { loadPicture } from "../../src/data/image.ts";
import { writeTinyModel } from "../generate/tiny-model.ts";
import { writeNoiseFile } from "./noise-file.ts";
import { runFlamingo } from "./run-flamingo.ts";

let model: string;
let folder: string;
const file = (name: string): string => join(folder, name);
beforeAll(async () => {
  model = (await writeTinyModel()).folder;
  folder = await mkdtemp(join(tmpdir(), "flamingo-explain-"));
  for (const [name, seed] of [
    ["a.png", 1],
    ["b.png", 2],
  ] as const)
    await writeNoiseFile(file(name), seed);
});
afterAll(async () => {
  for (const each of [model, folder]) await rm(each, { recursive: true, force: true });
});

const asked = (): string[] => [
  "ask",
  "--model",
  model,
  "--shot",
  `${file("a.png")}=the cat`,
  "--image",
  file("b.png"),
  "--text",
  "so",
  "--max-tokens",
  "5",
  "--json",
];

describe("flamingo ask --explain", () => {
  test("writes a page that needs no other file, and answers as it would without", async () => {
    const plain = await runFlamingo(asked());
    const explained = await runFlamingo([...asked(), "--explain", file("new/looked.html")]);
    expect(explained.code).toBe(0);
    const [before, after] = [plain, explained].map(({ stdout }) => JSON.parse(stdout)) as [Record<string, unknown>, Record<string, unknown>];
    expect(after).toMatchObject({
      text: before["text"],
      tokens: before["tokens"],
      logProbability: before["logProbability"],
      explained: file("new/looked.html"),
    });
    const page = await readFile(file("new/looked.html"), "utf8");
    expect(page).toMatch(/block 0, gate 0\.664: picture \d+%, learnt latents \d+%/);
    expect(page.match(/url\(data:image\/png/g)).toHaveLength(1);
    expect(page).not.toMatch(/https?:/);
  });

  test("writes one picture, a column for each word", async () => {
    const { code } = await runFlamingo([...asked(), "--beams", "2", "--explain", file("looked.png")]);
    expect(code).toBe(0);
    const { width, height } = await loadPicture(file("looked.png"));
    expect((width + 8) % (height + 8)).toBe(0);
  });
});

test("heat lies on the picture where its map says, without what was put around it", async () => {
  const shown = await shownPicture({ width: 80, height: 40, data: new Uint8ClampedArray(80 * 40 * 3).fill(255) });
  const heat = await heatPicture(
    [
      [0, 0],
      [0, 1],
    ],
    1,
  );
  const heated = await loadPicture(await heatedPicture(shown, heat, { width: 80, height: 40, area: { left: 0, top: -0.5, width: 1, height: 2 } }));
  const at = (x: number, y: number): number[] => [
    ...heated.data.subarray(3 * (Math.floor(y * heated.height) * heated.width + Math.floor(x * heated.width))).subarray(0, 3),
  ];
  // The lower row of the map covers the picture's lower half and the padding below it.
  expect(at(0.9, 0.98)[1]).toBeLessThan(120);
  expect(at(0.1, 0.98)).toEqual([255, 255, 255]);
  expect(at(0.9, 0.02)[1]).toBeGreaterThan(240);
});
