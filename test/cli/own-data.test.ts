import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runFlamingo } from "./run-flamingo.ts";

const colours = ["red", "green", "blue", "orange", "purple"];
const shapes: Readonly<Record<string, string>> = {
  circle: '<circle cx="80" cy="80" r="45"/>',
  square: '<rect x="40" y="40" width="80" height="80"/>',
  triangle: '<path d="M80 30 L130 125 L30 125 Z"/>',
  bar: '<rect x="20" y="65" width="120" height="30"/>',
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-own-"));
  await mkdir(join(folder, "pictures"));
  await mkdir(join(folder, "node_modules"));
  await symlink(join(import.meta.dirname, "../.."), join(folder, "node_modules", "flamingo-vlm"));
  for (let i = 1; i <= 200; i++) {
    const [colour, [shape, drawn]] = [colours[i % 5]!, Object.entries(shapes)[Math.floor(i / 5) % 4]!];
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="160"><rect width="160" height="160" fill="white"/><g fill="${colour}" transform="translate(${i % 9} ${i % 7})">${drawn}</g></svg>`;
    const file = join(folder, "pictures", String(i).padStart(3, "0"));
    await sharp(Buffer.from(svg)).png().toFile(`${file}.png`);
    await writeFile(`${file}.txt`, `a ${colour} ${shape}\n`);
  }
  // What is written in the docs is what is run.
  const docs = await readFile(join(import.meta.dirname, "../../docs/own-data.md"), "utf8");
  await writeFile(join(folder, "own.json"), /```json\n(.*?)```/s.exec(docs)![1]!);
  commands = [...docs.matchAll(/^npx flamingo (.*)$/gm)].map(([, args]) => args!.split(" "));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let commands: readonly (readonly string[])[];
const call = async (name: string, ...more: readonly string[]): Promise<string> => {
  const args = commands.find(([first]) => first === name)!;
  const { code, stdout, stderr } = await runFlamingo([...args, ...more], { folder });
  expect(code, stderr).toBe(0);
  return stdout;
};

test("200 pictures with captions in a folder are looked at, trained on and asked about, as the docs say", { timeout: 600_000 }, async () => {
  await rm(join(folder, "pictures", "200.txt"));
  await writeFile(join(folder, "pictures", "199.png"), "no picture");
  const { faults, ...counted } = JSON.parse(await call("data", "--json")) as { faults: { key: string }[] };
  expect(counted).toMatchObject({
    kind: "folder",
    shards: 1,
    samples: 199,
    pairs: 199,
    pages: 0,
    pictures: 199,
    bad: 1,
    videos: 0,
    broken: 1,
    pictureWidth: { least: 160, most: 160 },
  });
  expect(faults.map(({ key }) => key)).toEqual(["199.png", "200.png"]);
  const page = await readFile(join(folder, "look.html"), "utf8");
  expect(page.match(/<section>/g)?.length).toBe(20);
  expect(page).toContain("a green circle");

  const trained = JSON.parse(await call("train", "--set", "train.steps=6", "--set", "optimiser.warmup=2", "--json")) as {
    finished: boolean;
    losses: Record<string, number>;
  };
  expect(trained.finished).toBe(true);
  const events = (await readFile(join(folder, "runs/own-pictures/events.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { losses?: Record<string, number> });
  const losses = events.flatMap((event) => event.losses?.["pictures"] ?? []);
  expect(losses.length).toBe(6);
  expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  await call("pack");
  expect((await call("ask")).trim()).not.toBe("");
});
