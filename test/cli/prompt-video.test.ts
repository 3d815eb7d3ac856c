import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { typedPrompt } from "../../src/cli/prompt-options.ts";
import { scoreCommand } from "../../src/cli/score.ts";
import { Flamingo, image, loadVideo, video } from "../../src/index.ts";
import { tinyConfig, writeTinyModel } from "../generate/tiny-model.ts";
import { writeNoiseFile } from "./noise-file.ts";
import { runFlamingo } from "./run-flamingo.ts";

const film = new URL("../fixtures/data/videos/h264.mp4", import.meta.url).pathname;
const clip = new URL("../fixtures/data/pictures/animated.gif", import.meta.url).pathname;
let model: string;
let folder: string;
let frames: string;

beforeAll(async () => {
  model = (await writeTinyModel()).folder;
  folder = await mkdtemp(join(tmpdir(), "flamingo-video-"));
  frames = join(folder, "frames");
  await mkdir(frames);
  for (const i of [1, 2, 10]) await writeNoiseFile(join(frames, `${i}.png`), i);
  await writeFile(join(folder, "film.mp4"), (await readFile(film)).subarray(0, 2000));
});

afterAll(async () => {
  for (const each of [model, folder]) await rm(each, { recursive: true, force: true });
});

const choices = ["--choice", "the cat", "--choice", "the hat", "--json"];

/** Log-likelihoods by text, as the command prints them. */
async function scored(...args: readonly string[]): Promise<Record<string, number>> {
  const { code, stdout, stderr } = await runFlamingo(["score", "--model", model, "--device", "cpu", ...args, ...choices]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return Object.fromEntries(
    (JSON.parse(stdout) as { choices: { text: string; logProbability: number }[] }).choices.map((each) => [each.text, each.logProbability]),
  );
}

describe("--video", () => {
  it("shows the model as many frames as it was made for, --frames others, --image the first one", async () => {
    const flamingo = await Flamingo.load(model, { device: "cpu", threads: 1 });
    const expected = async (medium: ReturnType<typeof image>): Promise<Record<string, number>> =>
      Object.fromEntries((await flamingo.score([medium, "the "], ["the cat", "the hat"])).map((each) => [each.text, each.logProbability]));
    const [first] = await loadVideo(clip, { frames: 9 });
    const wanted = [
      [["--video", clip], video(await loadVideo(clip, { frames: tinyConfig.resampler.frames }))],
      [["--video", clip, "--frames", "5"], video(await loadVideo(clip, { frames: 5 }))],
      [["--image", clip], image(first!)],
      [["--video", frames, "--frames", "3"], video([1, 2, 10].map((i) => join(frames, `${i}.png`)))],
      [["--video", film, "--frames", "3"], video(await loadVideo(film, { frames: 3 }))],
      [["--video", film, "--frames", "30", "--frames-per-second", "3"], video(await loadVideo(film, { frames: 19, perSecond: 3 }))],
    ] as const;
    const seen: number[] = [];
    for (const [args, medium] of wanted) {
      const found = await scored(...args, "--text", "the ");
      const own = await expected(medium);
      for (const [text, value] of Object.entries(own)) expect(found[text]).toBeCloseTo(value, 4);
      seen.push(found["the cat"]!);
    }
    expect(new Set(seen.map((value) => value.toFixed(4))).size).toBe(6);
    await flamingo.dispose();
  });

  it("keeps pictures and videos in the order in which they are typed", async () => {
    const command = scoreCommand().exitOverride();
    command.action(() => undefined);
    await command.parseAsync(["--video", "a.gif", "--image", "b.png", "--video", "c"], { from: "user" });
    expect(typedPrompt(command.opts()).media).toEqual([
      { kind: "video", file: "a.gif" },
      { kind: "image", file: "b.png" },
      { kind: "video", file: "c" },
    ]);
  });

  it("stands for a marker of a template", async () => {
    await scored("--template", "<image>the cat<|endofchunk|><image>", "--video", clip, "--image", join(frames, "1.png"));
  });

  it("says in one line what is wrong with a film, and what is shown as one", async () => {
    const { code, stdout, stderr } = await runFlamingo(["ask", "--model", model, "--video", join(folder, "film.mp4")]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/film\.mp4 is damaged or cut short \(its end is missing\); copy or download it again\n$/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    const asPicture = await runFlamingo(["ask", "--model", model, "--image", film]);
    expect(asPicture.code).toBe(1);
    expect(asPicture.stderr).toMatch(/h264\.mp4 is an MP4 video, no picture; it is shown as a video \(--video, loadVideo\), or .*ffmpeg -i.*\n$/);
  });

  it("is refused by a model for still pictures", async () => {
    const still = (await writeTinyModel({ ...tinyConfig, resampler: { ...tinyConfig.resampler, frames: 0 } })).folder;
    const { code, stderr } = await runFlamingo(["ask", "--model", still, "--video", clip]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/the model tiny was made for still pictures; ask about single frames with --image FILE/);
    await rm(still, { recursive: true });
  });

  it.each([
    [["--image", "a.png", "--frames", "3"], /--frames would do nothing: it is about videos/],
    [["--video", "a.mp4", "--frames-per-second", "0"], /It must be above 0/],
    [["--video", "a.gif", "--frames", "0"], /whole number of at least 1/],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await runFlamingo(["ask", "--model", model, ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("is in the help", async () => {
    const { stdout } = await runFlamingo(["ask", "--help"]);
    expect(stdout).toMatch(/--video <file>\s+the same with a film \(MP4, QuickTime, WebM,/);
  });
});
