import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { runFlamingo } from "./run-flamingo.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-plot-"));
  for (const [name, factor] of [
    ["first", 1],
    ["second", 2],
  ] as const) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "events.jsonl"), eventsOf(factor));
  }
  return () => rm(folder, { recursive: true });
});

/** A resumed run of 400 steps with two data sets and two fusion layers. */
function eventsOf(factor: number): string {
  const step = (step: number): string => {
    const gates = Object.fromEntries(
      [0, 1].flatMap((layer) => ["attentionGate", "denseGate"].map((kind) => [`layers.${layer}.${kind}`, ((layer + 1) * step * 3) / 20_000])),
    );
    const losses = { "pages & <pictures>": (factor * 400) / step, pairs: 2 };
    const event = { type: "step", step, steps: 400, losses, learningRate: 1e-3, gradientNorm: 1, tokens: 1, pictures: 1, seconds: 1 };
    return JSON.stringify(step % 10 === 0 ? { ...event, gates } : event);
  };
  const range = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => step(from + i));
  const lines = ['{"type":"start","step":0,"steps":400}', ...range(1, 300), '{"type":"start","step":200,"steps":400}', ...range(201, 401)];
  return `${lines.join("\n")}\n`;
}

test("one run as SVG: a panel for each thing, every name in it, and the summary as JSON", async () => {
  const out = join(folder, "one.svg");
  const { code, stdout } = await runFlamingo(["plot", join(folder, "first"), "--out", out, "--json"]);
  expect(code).toBe(0);
  const { runs } = JSON.parse(stdout) as { runs: { name: string; curves: Record<string, { points: number; first: number; last: number; least: number }> }[] };
  expect(runs.map(({ name }) => name)).toEqual(["first"]);
  expect(runs[0]!.curves["loss/pages & <pictures>"]).toMatchObject({ points: 400, firstStep: 1, lastStep: 400, first: 400, last: 1, least: 1 });
  expect(runs[0]!.curves["gate/layers.1.denseGate"]).toMatchObject({ points: 40, last: 0.12 });
  const svg = await readFile(out, "utf8");
  for (const text of [
    "loss of first",
    "pages &#38; &#60;pictures&#62;",
    "pairs",
    "attention gates, |tanh α|",
    "feed-forward gates, |tanh α|",
    "layer 1",
    "learning rate",
    "gradient norm",
  ])
    expect(svg, text).toContain(`>${text}</text>`);
  // Ticks of the attention gates, up to 0.12: each has the digits that tell it apart.
  expect([0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12].filter((tick) => !svg.includes(`>${tick}</text>`))).toEqual([]);
  // Nothing that a viewer would not read as a number.
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  // Axis and clip of five panels; of losses and of the norm a line and what is behind it, of gates and of the rate a line.
  expect(svg.match(/<path /g)).toHaveLength(5 + 2 * 2 + 4 + 1 + 2);
});

test("several runs as PNG: each has its colour", async () => {
  const out = join(folder, "two.png");
  expect(await runFlamingo(["plot", join(folder, "first"), join(folder, "second", "events.jsonl"), "--log", "--out", out])).toMatchObject({
    code: 0,
    stdout: `drawn: ${out}\n`,
  });
  const { data, info } = await sharp(out).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([2 * 1192, 2 * 992]);
  const has = (red: number, green: number, blue: number): number => {
    let count = 0;
    for (let i = 0; i < data.length; i += 3) if (data[i] === red && data[i + 1] === green && data[i + 2] === blue) count++;
    return count;
  };
  expect(has(0x00, 0x72, 0xb2)).toBeGreaterThan(1000);
  expect(has(0xd5, 0x5e, 0x00)).toBeGreaterThan(1000);
  // The paper, and letters on it.
  expect(has(255, 255, 255)).toBeGreaterThan(data.length / 3 / 2);
  expect(has(0x44, 0x44, 0x44)).toBeGreaterThan(500);
});

test("where there are no fonts a PNG says so, and an SVG is drawn", async () => {
  const fonts = join(folder, "fonts.conf");
  await writeFile(fonts, "<fontconfig></fontconfig>");
  const plot = (out: string): ReturnType<typeof runFlamingo> =>
    runFlamingo(["plot", join(folder, "first"), "--out", join(folder, out)], { environment: { FONTCONFIG_FILE: fonts } });
  expect(await plot("boxes.png")).toMatchObject({ code: 1, stderr: expect.stringContaining("no fonts on this machine") as string });
  expect(await plot("fine.svg")).toMatchObject({ code: 0 });
});

test("wrong calls say what to do", async () => {
  const nowhere = await runFlamingo(["plot", join(folder, "nowhere")]);
  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringMatching(/nowhere\/events\.jsonl cannot be read .*; name the folder of a run/) as string });
  await mkdir(join(folder, "begun"));
  await writeFile(join(folder, "begun", "events.jsonl"), '{"type":"start","step":0,"steps":3}\n');
  expect(await runFlamingo(["plot", join(folder, "begun")])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("holds no step of a training run") as string,
  });
  expect(await runFlamingo(["plot", join(folder, "first"), "--out", "x.pdf"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(".png or .svg") as string,
  });
});
