import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { writeWhole } from "../data/platform/node-write.ts";
import { Flamingo, image } from "../index.ts";
import { defaultSettings } from "../serve/settings.ts";
import { type AnsweredPrompt, answerPage } from "./answer-page.ts";
import { defaultPort } from "./serve.ts";
import { serveUntilStopped } from "./serve-until-stopped.ts";

interface StartOptions {
  readonly out: string;
  readonly json?: boolean;
  readonly once?: boolean;
}

/** `demonstrations.json` of the model's folder: pictures are files below that folder. */
interface Demonstration {
  readonly title: string;
  readonly shots: readonly (readonly [picture: string, text: string])[];
  readonly query: string;
  readonly text?: string;
  /** Right answers: first what a person would say, then what is true as well. */
  readonly right: readonly [string, ...string[]];
}

/** `flamingo start`: the main job on the embedded model. */
export const startCommand = (): Command =>
  new Command("start")
    .description(
      "show few-shot prompts on photographs and drawings that the embedded model never saw, with its answers, right or wrong, write a page to look at, and serve the model",
    )
    .option("--out <folder>", "where the page goes", "answers")
    .option("--json", "print one JSON object, and end")
    .option("--once", "end after the answers")
    .action(start);

async function start({ out, json = false, once = json }: StartOptions): Promise<void> {
  const started = performance.now();
  const model = await Flamingo.load("nano");
  try {
    const fileOf = (name: string): string => join(model.folder.location, name);
    const demonstrations = JSON.parse(await readFile(fileOf("demonstrations.json"), "utf8")) as readonly Demonstration[];
    const answered: AnsweredPrompt[] = [];
    let firstAnswer: number | undefined;
    for (const { title, shots, query, text: question = "", right } of demonstrations) {
      const examples = shots.map(([picture, text]) => ({ media: image(fileOf(picture)), text }));
      const answer = (await model.generateText([...examples, image(fileOf(query)), ...(question === "" ? [] : [question])], { maxTokens: 12 })).trim();
      firstAnswer ??= performance.now() - started;
      const isRight = right.some((each) => plain(each) === plain(answer));
      answered.push({
        title,
        shots: await Promise.all(shots.map(async ([picture, text]) => ({ picture: await dataUrl(fileOf(picture)), text }))),
        query: await dataUrl(fileOf(query)),
        question,
        answer,
        expected: right[0],
        isRight,
      });
      const lines = [title, ...shots.map(([picture, text]) => `  [${picture}] ${text}`), `  [${query}] ${question === "" ? "" : `${question} `}-> ${answer}`];
      if (!json) process.stdout.write(`${lines.join("\n")}\n  ${isRight ? "right" : `WRONG: a person would say "${right[0]}"`}\n\n`);
    }
    const page = resolve(out, "index.html");
    await writeWhole(page, answerPage(answered, await readFile(fileOf("photographs/CREDITS"), "utf8")), { makeFolders: true });
    const seconds = { firstAnswer: Math.round(firstAnswer!) / 1000, total: Math.round(performance.now() - started) / 1000 };
    const answers = answered.map(({ title, answer, expected, isRight }) => ({ title, answer, expected, right: isRight }));
    if (json) process.stdout.write(`${JSON.stringify({ page, seconds, answers })}\n`);
    else {
      const right = answered.filter(({ isRight }) => isRight).length;
      process.stdout.write(
        `${right} of ${answered.length} right; first answer after ${seconds.firstAnswer} s; the pictures with their answers: ${pathToFileURL(page).href}\n`,
      );
    }
    if (!once) await serveUntilStopped(defaultSettings, { host: "127.0.0.1", port: defaultPort, orAnyFree: true }, "warn", async () => model);
  } finally {
    await model.dispose();
  }
}

/** Without what does not matter: capitals, and whether there is a full stop. */
function plain(answer: string): string {
  return answer.toLowerCase().replace(/\.$/, "");
}

async function dataUrl(file: string): Promise<string> {
  return `data:image/webp;base64,${(await readFile(file)).toString("base64")}`;
}
