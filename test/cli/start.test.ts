import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerPage } from "../../src/cli/answer-page.ts";
import { runFlamingo } from "./run-flamingo.ts";

interface Demonstration {
  readonly title: string;
  readonly shots: readonly (readonly [string, string])[];
  readonly query: string;
  readonly right: readonly string[];
}

const nano = "models/nano";
const demonstrations = JSON.parse(await readFile(join(nano, "demonstrations.json"), "utf8")) as readonly Demonstration[];
const shown = new Set(demonstrations.flatMap(({ shots, query }) => [...shots.map(([picture]) => picture), query]));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-start-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("every answer is held against what is right, in print, in JSON and on the page", async () => {
  const page = join(folder, "answers", "index.html");
  const [printed, json] = [
    await runFlamingo(["start", "--once", "--out", join(folder, "answers")]),
    await runFlamingo(["start", "--json", "--out", join(folder, "answers")]),
  ];
  expect([printed.code, json.code]).toEqual([0, 0]);
  const { answers, ...rest } = JSON.parse(json.stdout) as { page: string; answers: { title: string; answer: string; expected: string; right: boolean }[] };
  expect(rest.page).toBe(page);
  expect(answers.map(({ title }) => title)).toEqual(demonstrations.map(({ title }) => title));
  const blocks = printed.stdout.split("\n\n");
  for (const [i, { answer, expected, right }] of answers.entries()) {
    const accepted = demonstrations[i]!.right;
    expect(expected).toBe(accepted[0]);
    expect(right).toBe(accepted.some((each) => each.toLowerCase().replace(/\.$/, "") === answer.toLowerCase().replace(/\.$/, "")));
    expect(blocks[i]!.split("\n").slice(-2)).toEqual([expect.stringMatching(/-> /), right ? "  right" : `  WRONG: a person would say "${expected}"`]);
    expect(blocks[i]).toContain(`-> ${answer}\n`);
  }
  const right = answers.filter((each) => each.right).length;
  expect(blocks.at(-1)).toMatch(new RegExp(`^${right} of ${answers.length} right; first answer after [\\d.]+ s; .*${pathToFileURL(page).href}\n$`));
  const html = await readFile(page, "utf8");
  expect(html).toContain(`${right} of ${answers.length} are right`);
  expect(html.match(/<strong>Wrong\.<\/strong>/g)?.length ?? 0).toBe(answers.length - right);
  expect(html.match(/<img /g)).toHaveLength(demonstrations.reduce((sum, { shots }) => sum + shots.length + 1, 0));
  expect(html).toContain("Stéfan van der Walt, CC0-1.0");
});

test("the page marks what is wrong, and takes texts as texts", () => {
  const prompt = { title: "A & B", shots: [{ picture: "data:,", text: "a <dax>" }], query: "data:,", question: "", expected: "a cat" };
  const page = answerPage(
    [
      { ...prompt, answer: "a cat", isRight: true },
      { ...prompt, answer: "a <block>", isRight: false },
    ],
    "cat: <somebody>",
  );
  const [, right, wrong] = page.split("<section>");
  expect(right).toContain("<p>Right.</p>");
  expect(right).not.toContain("wrong");
  expect(wrong).toContain('<figure class="question wrong">');
  expect(wrong).toContain("<strong>a &lt;block&gt;</strong>");
  expect(wrong).toContain("<p><strong>Wrong.</strong> A person would say: a cat</p>");
  expect(page).toContain("a &lt;dax&gt;");
  expect(page).toContain("<h2>A &amp; B</h2>");
  expect(page).toContain("<footer>cat: &lt;somebody&gt;</footer>");
  expect(page).toContain("1 of 2 are right");
});

test("photographs are small, each is shown, and it is said whose they are", async () => {
  const photographs = (await readdir(join(nano, "photographs"))).filter((name) => name !== "CREDITS");
  expect(new Set([...shown].filter((name) => name.startsWith("photographs/")))).toEqual(new Set(photographs.map((name) => `photographs/${name}`)));
  const credits = await readFile(join(nano, "photographs/CREDITS"), "utf8");
  for (const name of photographs) expect(credits).toMatch(new RegExp(`^${name.replace(".webp", "")}: .*(CC0-1\\.0|public domain)`, "m"));
  const sizes = await Promise.all(photographs.map(async (name) => (await stat(join(nano, "photographs", name))).size));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000);
});
