import { expect, test } from "vitest";
import { csvOf } from "./csv.ts";
import { confusionOf, leaveOneOut } from "./leave-one-out.ts";
import { labelOf, nearest } from "./nearest.ts";
import type { Picture, Prompt } from "./task.ts";
import { writeTask } from "./task-file.ts";
import { linkOf, taskInLink } from "./task-link.ts";
import { whatIfs } from "./what-if.ts";

const pictureOf = (name: string): Picture => ({ url: `data:image/png;base64,${name}`, width: 1, height: 1 });
const shown = (name: string, text: string) => ({ picture: pictureOf(name), text });
const prompt: Prompt = {
  examples: [shown("A", "Colour? red"), shown("B", "Colour? green"), shown("C", "Colour? red")],
  question: { picture: pictureOf("Q"), text: "Colour?" },
};

test("each example is left out once, and asked about with the others before it", () => {
  const plan = leaveOneOut(prompt)!;
  expect(plan.answers).toEqual(["red", "green"]);
  expect(plan.questions.map(({ right }) => right)).toEqual([0, 1, 0]);
  expect(plan.questions[1]!.prompt).toEqual({ examples: [prompt.examples[0], prompt.examples[2]], question: { picture: pictureOf("B"), text: "Colour?" } });
  // Nothing is learnt about words that are said once, or about a single one.
  expect(leaveOneOut({ ...prompt, examples: prompt.examples.slice(0, 2) })).toBeUndefined();
  expect(leaveOneOut({ ...prompt, examples: [prompt.examples[0]!, prompt.examples[2]!] })).toBeUndefined();
  // Cards without a text are no examples.
  expect(leaveOneOut({ ...prompt, examples: [...prompt.examples, shown("D", " ")] })!.questions).toHaveLength(3);
});

test("what was said is counted by what was right", () => {
  const given = [
    { right: 0, given: 0 },
    { right: 0, given: 1 },
    { right: 1, given: 1 },
    { right: 0, given: 1 },
  ];
  expect(confusionOf(2, given)).toEqual([
    [1, 2],
    [0, 1],
  ]);
});

test("what-ifs change what their names say, and nothing else", () => {
  const [blank, wrong, order] = whatIfs.map(({ change }) => change(prompt)!);
  expect(blank!.examples.map(({ text }) => text)).toEqual(prompt.examples.map(({ text }) => text));
  expect(new Set([...blank!.examples, blank!.question].map(({ picture }) => picture.url)).size).toBe(1);
  expect(wrong).toEqual({ ...prompt, examples: [shown("A", "Colour? green"), shown("B", "Colour? red"), shown("C", "Colour? green")] });
  expect(order).toEqual({ ...prompt, examples: prompt.examples.toReversed() });
  const one: Prompt = { ...prompt, examples: prompt.examples.slice(0, 1) };
  expect(whatIfs.map(({ change }) => change(one) === undefined)).toEqual([false, true, true]);
});

test("the nearest are found by their angle, and the nearest of all is the last", () => {
  const vectors = [
    [0, 1],
    [1, 0],
    [0.6, 0.8],
    [0.8, 0.6],
  ].map((values) => Float32Array.from(values));
  expect(nearest(["up", "right", "steep", "flat"], vectors, Float32Array.of(1, 0), 3)).toEqual([
    { item: "steep", similarity: expect.closeTo(0.6, 6) },
    { item: "flat", similarity: expect.closeTo(0.8, 6) },
    { item: "right", similarity: 1 },
  ]);
});

test.each([
  ["animals/sea-horse/12.jpg", "sea horse"],
  ["animals/crab (3).webp", "crab"],
  ["IMG_0012.JPG", "IMG"],
  ["a_dax-2.png", "a dax"],
  ["blick.png", "blick"],
])("%s is called %s", (path, label) => {
  expect(labelOf(path)).toBe(label);
});

test("a table is written as RFC 4180 has it", () => {
  expect(
    csvOf([
      ["file", "answer"],
      ["a,b.png", 'it says "dax"\nand more'],
      ["c.png", 0.5],
    ]),
  ).toBe('file,answer\r\n"a,b.png","it says ""dax""\nand more"\r\nc.png,0.5\r\n');
});

test("a link holds a task, and one that is cut says so", async () => {
  const task = { title: "Colours", examples: prompt.examples, question: prompt.question, choices: ["red"] };
  const link = await linkOf("https://example.org/demo/?a=b#old", writeTask(task));
  expect(link).toMatch(/^https:\/\/example\.org\/demo\/\?a=b#task=[\w-]+$/);
  const hash = link.slice(link.indexOf("#"));
  expect(await taskInLink(hash)).toEqual(JSON.parse(writeTask(task)));
  expect(await taskInLink("#top")).toBeUndefined();
  await expect(taskInLink(hash.slice(0, -12))).rejects.toThrow("This link is no task that was saved here: it is not JSON.");
});
