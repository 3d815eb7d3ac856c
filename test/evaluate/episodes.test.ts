/** Questions that bring their own examples, in files. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BlockReader } from "../../src/data/samples/block-reader.ts";
import { tarFiles } from "../../src/data/samples/tar.ts";
import { tarOf } from "../../src/data/samples/tar-writer.ts";
import { openEpisodes } from "../../src/evaluate/episodes/episodes.ts";
import { openPictures } from "../../src/evaluate/episodes/pictures.ts";
import { openVlIcl } from "../../src/evaluate/episodes/vl-icl.ts";
import { measuresOf } from "../../src/evaluate/evaluate-tasks.ts";
import { learningCurve } from "../../src/evaluate/metrics/learning-curve.ts";
import { sameDigits, sameNumber, sameText, sameYesOrNo } from "../../src/evaluate/metrics/vl-icl.ts";
import type { SuiteTask } from "../../src/evaluate/suite.ts";
import official from "../fixtures/evaluate/vl-icl.json" with { type: "json" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-episodes-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(files: Readonly<Record<string, unknown>>): Promise<string> {
  const made = await mkdtemp(join(folder, "case-"));
  for (const [name, content] of Object.entries(files)) {
    const path = join(made, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      content instanceof Uint8Array ? content : Array.isArray(content) ? content.map((each) => JSON.stringify(each)).join("\n") : JSON.stringify(content),
    );
  }
  return made;
}

/** The figure of a task where these are the answers. */
function figures({ ...task }: SuiteTask, answers: readonly string[]): Record<string, number> {
  const measures = measuresOf(
    task,
    task.cases.map(({ query }, i) => ({ question: query, answer: { text: answers[i]! } })),
  )!;
  return Object.fromEntries(Object.entries(measures).map(([name, { estimate }]) => [name, estimate.value]));
}

const everything = { pictures: undefined, limit: 100, seed: 1 };

test("a tar gives back what was written, byte for byte, and says what it lacks", async () => {
  const files = [
    { name: "a/b.webp", bytes: new Uint8Array([1, 2, 3]) },
    { name: "leer.png", bytes: new Uint8Array() },
    { name: "é.png", bytes: new Uint8Array(512).fill(7) },
  ];
  const tar = tarOf(files);
  const source = { name: "tar", size: tar.length, read: (start: number, end: number) => Promise.resolve(tar.subarray(start, end)) };
  const found: unknown[] = [];
  for await (const { name, start, end } of tarFiles(new BlockReader(source), "tar")) found.push({ name, bytes: tar.slice(start, end) });
  expect(found).toEqual(files);
  const made = await written({ "pictures.tar": tar });
  const find = await openPictures(join(made, "pictures.tar"));
  expect([...(find("a/b.webp") as Uint8Array)]).toEqual([1, 2, 3]);
  expect(() => find("b.webp")).toThrow(/pictures\.tar has no b\.webp/);
  expect(() => tarOf([{ name: "x".repeat(101), bytes: new Uint8Array() }])).toThrow(/1 to 100 bytes/);
});

test("episodes.json: prompts, answers, choices, several pictures and several right answers", async () => {
  const lines = [
    {
      id: "first",
      examples: [{ image: ["a.png", "b.png"], question: "Same?", answer: "no" }],
      image: "c.png",
      question: "Same?",
      answer: ["yes", "yeah"],
      choices: ["yes", "no"],
    },
    { examples: [{ image: "a.png", answer: 3 }], image: "d.png", answer: "no" },
  ];
  const tasks = [
    { name: "plain", file: "lines.jsonl" },
    { name: "shown", file: "lines.jsonl", shots: 4, prompt: "{question}\nAnswer:", answer: " <{answer}>", chance: 0.25, maxTokens: 5 },
  ];
  const made = await written({ "lines.jsonl": lines, "episodes.json": { tasks } });
  const suite = await openEpisodes(join(made, "episodes.json"), everything);
  const [plain, shown] = suite.tasks as [SuiteTask, SuiteTask];
  expect([plain.name, plain.shots, plain.chance, plain.maxTokens]).toEqual(["plain", 1, 0.5, 20]);
  expect([shown.shots, shown.chance, shown.maxTokens]).toEqual([4, 0.25, 5]);
  expect(plain.cases[0]).toEqual({
    shots: [
      {
        media: [
          { kind: "image", path: "a.png" },
          { kind: "image", path: "b.png" },
        ],
        prompt: "Question: Same? Answer:",
        answer: " no",
      },
    ],
    query: { id: "first", media: [{ kind: "image", path: "c.png" }], prompt: "Question: Same? Answer:", answer: " yes", choices: [" yes", " no"] },
  });
  expect(shown.cases[0]!.query).toMatchObject({ prompt: "Same?\nAnswer:", answer: " <yes>" });
  expect(suite.fileOf("a.png")).toBe(`${made}/./a.png`);
  expect(figures(plain, ["yeah", "no"])).toEqual({ right: 1 });
  expect(figures(plain, ["no", "yes"])).toEqual({ right: 0 });
  // One number of shots alone, fewer questions, and a task by itself.
  expect(
    (await openEpisodes(join(made, "episodes.json"), { ...everything, shots: [4], limit: 1 })).tasks.map(({ name, cases }) => [name, cases.length]),
  ).toEqual([["shown", 1]]);
  expect((await openEpisodes(join(made, "lines.jsonl"), everything)).tasks.map(({ name }) => name)).toEqual(["lines"]);
  await expect(openEpisodes(join(made, "episodes.json"), { ...everything, shots: [32] })).rejects.toThrow(/no questions with 32 shots/);
});

test.each([
  ["an answer is missing", { image: "a.png" }],
  ["a key is unknown", { image: "a.png", answer: "a", answr: "b" }],
  ["one choice is none", { image: "a.png", answer: "a", choices: ["a"] }],
])("a line is refused by its number: %s", async (_, line) => {
  const made = await written({ "lines.jsonl": [{ image: "a.png", answer: "a" }, line] });
  await expect(openEpisodes(join(made, "lines.jsonl"), everything)).rejects.toThrow(/lines\.jsonl, line 2/);
});

test("VL-ICL Bench's official script and ours agree on every prediction", () => {
  for (const { dataset, prediction, answer, score } of official.items) {
    const rule = dataset === "matching_mi" ? sameYesOrNo : dataset.startsWith("operator") ? sameDigits : sameText;
    expect([dataset, prediction, answer, Number(rule(prediction, answer))]).toEqual([dataset, prediction, answer, score]);
  }
  expect(official.items.length).toBeGreaterThan(1000);
});

test("only the sign-aware rule can find a negative number right", () => {
  expect([sameDigits("-3", "-3"), sameNumber("-3", "-3"), sameNumber("3", "-3"), sameNumber("-3", "3")]).toEqual([false, true, false, false]);
  expect([sameNumber("It is \u22124.", "-4"), sameNumber("12\n-12", "12"), sameNumber("none", "0")]).toEqual([true, true, false]);
});

test("peak and efficiency of a curve", () => {
  const flat = [0, 1, 2, 4, 8].map((shots) => ({ shots, accuracy: 0.4 }));
  expect(learningCurve(flat)).toEqual({ zeroShot: 0.4, peak: 0.4, efficiency: 0 });
  // A triangle of height 0.5 over half of the width, in any order; and one that sinks.
  const risen = [
    { shots: 4, accuracy: 0.5 },
    { shots: 0, accuracy: 0 },
    { shots: 8, accuracy: 0 },
  ];
  expect(learningCurve(risen)).toEqual({ zeroShot: 0, peak: 0.5, efficiency: 0.25 });
  expect(learningCurve([...risen, { shots: 0, accuracy: 0 }].slice(0, 1))).toBeUndefined();
  expect(
    learningCurve([
      { shots: 0, accuracy: 0.6 },
      { shots: 2, accuracy: 0.2 },
    ])!.efficiency,
  ).toBeCloseTo(-0.2, 12);
});

test("VL-ICL Bench's files are read as they are published: examples take the question's operator, classes come in one order, pairs in twos", async () => {
  const support = Array.from({ length: 5 }, (_, a) => ({ image: [`operator_induction/${a}.png`], question: "What?", answer: [a + 1, a - 1, a * 2] }));
  const pictures = (name: string): string[] => [0, 1, 2].map((i) => `open_mi/${name}${i}.png`);
  const pair = (answer: string) => ({ image: ["m/1.png", "m/2.png"], question: "Do they?", answer });
  const made = await written({});
  const json = async (path: string, content: unknown): Promise<void> => {
    await mkdir(dirname(join(made, path)), { recursive: true });
    await writeFile(join(made, path), JSON.stringify(content));
  };
  await json("operator_induction/support.json", support);
  await json("operator_induction/query.json", [{ id: 9, image: ["operator_induction/q.png"], question: "What?", operator: "-", answer: -3 }]);
  const classes = ["dax", "perpo"];
  await json("open_mi/query.json", [
    {
      image: "open_mi/q.png",
      question: "This is a",
      answer: "dax",
      classes,
      support: Object.fromEntries(classes.map((name) => [name, { images: pictures(name), caption: "" }])),
    },
  ]);
  await json("open_mi/support.json", []);
  await json("matching_mi/support.json", [{ same: pair("Yes"), diff: pair("No") }]);
  await json("matching_mi/query.json", [pair("No")]);
  const { tasks } = await openVlIcl(made, { ...everything, shots: [0, 1, 2, 8] });
  expect(tasks.map(({ name, shots }) => `${name} ${shots}`)).toEqual([
    ...["open-ended MI 0", "open-ended MI 1", "open-ended MI 2"],
    ...["operator induction 0", "operator induction 1", "operator induction 2"],
    ...["matching MI 0", "matching MI 1"],
  ]);
  const named = (name: string, shots: number): SuiteTask => tasks.find((task) => task.name === name && task.shots === shots)!;
  const operator = named("operator induction", 2);
  for (const { media, prompt, answer } of operator.cases[0]!.shots) {
    expect(prompt).toBe("What?\nAnswer:");
    expect(answer).toBe(` ${Number(/(\d)\.png/.exec(media[0]!.path)![1]) - 1}`);
  }
  expect(figures(operator, ["-3"])).toEqual({ right: 0, "sign-aware": 1 });
  expect(figures(operator, ["3"])).toEqual({ right: 0, "sign-aware": 0 });
  const open = named("open-ended MI", 2).cases[0]!.shots.map(({ answer }) => answer.trim());
  expect(new Set(open.slice(0, 2))).toEqual(new Set(classes));
  expect(open.slice(2)).toEqual(open.slice(0, 2));
  expect(figures(named("open-ended MI", 0), ["Dax. It is"])).toEqual({ right: 1 });
  const matching = named("matching MI", 1);
  expect(matching.cases[0]!.shots.map(({ media, answer }) => [media.length, answer])).toEqual([
    [2, " Yes"],
    [2, " No"],
  ]);
  expect(figures(matching, ["they do not"])).toEqual({ right: 1 });
});
