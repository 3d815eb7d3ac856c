import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyModel } from "../generate/tiny-model.ts";
import { writeNoiseFile } from "./noise-file.ts";
import { runFlamingo } from "./run-flamingo.ts";

let model: string;
let folder: string;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  model = (await writeTinyModel()).folder;
  folder = await mkdtemp(join(tmpdir(), "flamingo-support-"));
  for (const [name, seed] of [
    ["a.png", 1],
    ["b.png", 2],
    ["c.png", 3],
  ] as const) {
    await writeNoiseFile(file(name), seed);
  }
  await writeFile(file("questions.jsonl"), '{"image": "c.png", "text": "and"}\n\n{"text": "the"}\n{"image": ["a.png", "c.png"]}\n');
});

afterAll(async () => {
  for (const each of [model, folder]) await rm(each, { recursive: true, force: true });
});

const shots = (): string[] => ["--shot", `${file("a.png")}=the cat`, "--shot", `${file("b.png")}=the hat`];
const flamingo = (command: string, ...args: readonly string[]): ReturnType<typeof runFlamingo> =>
  runFlamingo([command, "--model", model, "--device", "cpu", ...args]);
const json = async (command: string, ...args: readonly string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await flamingo(command, ...args, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Record<string, unknown>;
};

describe("examples kept in a file", () => {
  it("answer as the examples do, and say what they save", async () => {
    const kept = file("words.safetensors");
    const question = ["--image", file("c.png"), "--text", "and", "--max-tokens", "6"];
    const made = await json("ask", ...shots(), "--save-support", kept, ...question);
    const again = await json("ask", "--support", kept, ...question);
    expect([made["support"], again["text"], again["logProbability"]]).toEqual([kept, made["text"], made["logProbability"]]);
    expect(again["timing"]).toMatchObject({ examples: expect.any(Number), saved: expect.any(Number) });
  });

  it("score as the examples do", async () => {
    const kept = file("scored.safetensors");
    await flamingo("ask", ...shots(), "--save-support", kept);
    const choices = ["--image", file("c.png"), "--choice", "the cat", "--choice", "the hat"];
    expect(await json("score", "--support", kept, ...choices)).toEqual(await json("score", ...shots(), ...choices));
  });

  it("are kept without a question too", async () => {
    const kept = file("alone.safetensors");
    const { code, stdout, stderr } = await flamingo("ask", ...shots(), "--save-support", kept);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: `examples kept in ${kept}\n` });
    expect(await json("ask", "--support", kept, "--image", file("c.png"))).toMatchObject({ text: expect.any(String) });
  });

  it.each([
    [["--support", "s", "--shot", "a.png=b", "--image", "c.png"], /--support holds the examples; leave --shot out/],
    [["--support", "s", "--save-support", "t", "--image", "c.png"], /is in a file already; leave --save-support out/],
    [["--save-support", "t", "--image", "c.png"], /--save-support keeps examples: give them with --shot/],
    [["--support", "s", "--template", "<image>", "--image", "c.png"], /--template is the whole prompt; leave --support/],
    [["--queries", "q", "--image", "c.png"], /--queries holds what is asked/],
    [["--support", "s"], /nothing is asked/],
  ])("are refused in %j", async (args, message) => {
    const { code, stdout, stderr } = await flamingo("ask", ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("are an error in one line where the file is none", async () => {
    const { code, stderr } = await flamingo("ask", "--support", join(model, "fusion.safetensors"), "--text", "the");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^flamingo: .*fusion\.safetensors is not a support set;.*\n$/);
  });
});

describe("--queries", () => {
  it("answers what single questions answer, in their order", async () => {
    const many = (await json("ask", ...shots(), "--queries", file("questions.jsonl"), "--max-tokens", "5")) as { answers: { text: string }[] };
    const one = await json("ask", ...shots(), "--image", file("c.png"), "--text", "and", "--max-tokens", "5");
    const last = await json("ask", ...shots(), "--image", file("a.png"), "--image", file("c.png"), "--max-tokens", "5");
    expect(many.answers).toHaveLength(3);
    expect([many.answers[0]!.text, many.answers[2]!.text]).toEqual([one["text"], last["text"]]);
    const beams = (await json("ask", "--queries", file("questions.jsonl"), "--max-tokens", "3", "--beams", "2")) as { answers: unknown[] };
    expect(beams.answers).toHaveLength(3);
    const plain = await flamingo("ask", ...shots(), "--queries", file("questions.jsonl"), "--max-tokens", "5");
    expect(plain.stdout.split("\n")).toHaveLength(4);
  });

  it("scores the same choices after each", async () => {
    const choices = ["--choice", "the cat", "--choice", "the hat"];
    const many = (await json("score", ...shots(), "--queries", file("questions.jsonl"), ...choices)) as {
      answers: { choices: { text: string; logProbability: number }[] }[];
    };
    const one = (await json("score", ...shots(), "--text", "the", ...choices)) as { choices: { text: string; logProbability: number }[] };
    expect(many.answers).toHaveLength(3);
    for (const { text, logProbability } of one.choices)
      expect(many.answers[1]!.choices.find((choice) => choice.text === text)!.logProbability).toBeCloseTo(logProbability, 3);
  });

  it.each([
    ["not JSON", /line 2: not JSON/],
    ['{"picture": "a.png"}', /line 2: .*picture/],
    ['{"image": 3}', /line 2: image: /],
    ["{}", /line 2: it asks nothing/],
  ])("says which line is wrong: %s", async (line, message) => {
    await writeFile(file("wrong.jsonl"), `{"text": "fine"}\n${line}\n`);
    const { code, stdout, stderr } = await flamingo("ask", "--queries", file("wrong.jsonl"));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it.each([
    ["a byte order mark, and lines as Windows ends them", '\ufeff{"image": "c.png", "text": "and"}\r\n{"text": "the"}\r\n'],
    ["no end of the last line", '{"image": "c.png", "text": "and"}\n{"text": "the"}'],
  ])("may have %s", async (_, content) => {
    await writeFile(file("as-saved.jsonl"), content);
    const { answers } = (await json("ask", "--queries", file("as-saved.jsonl"), "--max-tokens", "3")) as { answers: unknown[] };
    expect(answers).toEqual([{ text: expect.any(String) }, { text: expect.any(String) }]);
  });

  it("in UTF-16, or with a line that is no UTF-8, says so", async () => {
    await writeFile(file("wide.jsonl"), Buffer.from('\ufeff{"text": "the"}\n', "utf16le"));
    expect((await flamingo("ask", "--queries", file("wide.jsonl"))).stderr).toMatch(/wide\.jsonl is UTF-16 text; save it as UTF-8/);
    await writeFile(file("latin.jsonl"), Buffer.from('{"text": "the"}\n{"text": "caf\u00e9"}\n', "latin1"));
    expect((await flamingo("ask", "--queries", file("latin.jsonl"))).stderr).toMatch(/latin\.jsonl, line 2: not UTF-8/);
  });

  describe("with lines that cannot be answered", () => {
    beforeAll(async () => {
      const whole = await readFile(file("a.png"));
      await writeFile(file("cut.png"), whole.subarray(0, Math.floor(whole.length / 2)));
      await writeFile(file("html.jpg"), "<!DOCTYPE html><html></html>");
      const lines = [
        '{"image": "c.png", "text": "and"}',
        '{"image": ["c.png", "cut.png"]}',
        "no JSON",
        `{"text": "${"the cat ".repeat(60)}"}`,
        "",
        '{"image": "html.jpg"}',
        '{"text": "the"}',
      ];
      await writeFile(file("some-bad.jsonl"), lines.join("\n"));
    });

    it.each([
      [
        "cut.png",
        '{"image": "c.png"}\n{"image": "cut.png"}',
        /bad\.jsonl, line 2: .*cut\.png is damaged or cut short.*--keep-going the other queries are answered/,
      ],
      ["none.png", '{"image": "c.png"}\n\n{"image": "none.png"}', /bad\.jsonl, line 3: there is no file .*none\.png/],
      ["a text that is too long", `{"text": "the"}\n{"text": "${"the cat ".repeat(60)}"}`, /bad\.jsonl, line 2: the prompt and its answer come to \d+ tokens/],
    ])("names the first of them and computes nothing: %s", async (_, content, message) => {
      await writeFile(file("bad.jsonl"), content);
      for (const [command, ...more] of [["ask"], ["score", "--choice", "a", "--choice", "the cat"]] as const) {
        const kept = file(`never-${command}.safetensors`);
        const { code, stdout, stderr } = await flamingo(command, ...shots(), "--save-support", kept, "--queries", file("bad.jsonl"), ...more);
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
        expect(stderr).toMatch(message);
        // The examples were not read.
        await expect(readFile(kept)).rejects.toThrow(/ENOENT/);
      }
    });

    it("answers the others with --keep-going, each in its place, and fails in the end", async () => {
      const args = [...shots(), "--queries", file("some-bad.jsonl"), "--keep-going"];
      const failed = [
        { line: 2, error: expect.stringMatching(/cut\.png is damaged/) as string },
        { line: 3, error: expect.stringMatching(/not JSON/) as string },
        { line: 4, error: expect.stringMatching(/come to \d+ tokens/) as string },
        { line: 6, error: expect.stringMatching(/html\.jpg is a web page, no picture/) as string },
      ];
      const asked = await flamingo("ask", ...args, "--max-tokens", "5", "--json");
      const alone = await json("ask", ...shots(), "--image", file("c.png"), "--text", "and", "--max-tokens", "5");
      expect(asked.code).toBe(1);
      const { answers } = JSON.parse(asked.stdout) as { answers: unknown[] };
      expect(answers).toEqual([{ text: alone["text"] }, ...failed, { text: expect.any(String) }]);
      expect(
        asked.stderr
          .trim()
          .split("\n")
          .map((each) => /, line (\d+): /.exec(each)?.[1]),
      ).toEqual(["3", "2", "4", "6"]);

      const plain = await flamingo("ask", ...args, "--max-tokens", "5");
      expect(plain.code).toBe(1);
      expect(plain.stdout.split("\n").map((each) => each === "")).toEqual([false, true, true, true, true, false, true]);

      const scored = await flamingo("score", ...args, "--choice", "a", "--choice", "the cat", "--json");
      expect(scored.code).toBe(1);
      const choices = { choices: expect.any(Array) as unknown[] };
      expect((JSON.parse(scored.stdout) as { answers: unknown[] }).answers).toEqual([choices, ...failed, choices]);
    });

    it("names a shot that cannot be shown", async () => {
      const { code, stdout, stderr } = await flamingo("ask", ...shots(), "--shot", `${file("cut.png")}=the mat`, "--image", file("c.png"));
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^flamingo: --shot .*cut\.png=the mat: .*cut\.png is damaged/);
    });
  });

  it("needs a file with something in it", async () => {
    await writeFile(file("empty.jsonl"), "\n");
    expect((await flamingo("ask", "--queries", file("empty.jsonl"))).stderr).toMatch(/empty\.jsonl holds no queries/);
    expect((await flamingo("ask", "--queries", file("none.jsonl"))).stderr).toMatch(/none\.jsonl cannot be read/);
  });
});

describe("--device", () => {
  it.each(["ask", "score", "evaluate", "train"])("is one option of %s, and names what there is", async (command) => {
    const { code, stderr } = await runFlamingo([command, "--device", "abacus"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--device <name>.*Allowed choices are auto, cpu, cuda, webgpu/);
  });

  it("that is missing is an error that says what to install, never another device", async () => {
    const { code, stdout, stderr } = await runFlamingo(["ask", "--model", model, "--text", "the", "--device", "cuda", "--json"]);
    if (code === 0) expect(JSON.parse(stdout)).toMatchObject({ device: "cuda" });
    else expect(stderr).toMatch(/^flamingo: device "cuda" does not work here\. .*install\.js\. Or choose device cpu/);
  });
});
