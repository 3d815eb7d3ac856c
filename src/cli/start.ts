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

/** `demonstrations.json` of the model's folder: pictures by their names in its `evaluation/pictures`. */
interface Demonstration {
  readonly title: string;
  readonly shots: readonly (readonly [picture: string, text: string])[];
  readonly query: string;
  readonly text?: string;
  /** What a person would say, to compare with. */
  readonly expected: string;
}

/** `flamingo start`: the main job on the embedded model. */
export const startCommand = (): Command =>
  new Command("start")
    .description("show few-shot prompts on drawings that the embedded model never saw, with its answers, write a page to look at, and serve the model")
    .option("--out <folder>", "where the page goes", "answers")
    .option("--json", "print one JSON object, and end")
    .option("--once", "end after the answers")
    .action(start);

async function start({ out, json = false, once = json }: StartOptions): Promise<void> {
  const started = performance.now();
  const model = await Flamingo.load("nano");
  try {
    const demonstrations = JSON.parse(await readFile(join(model.folder.location, "demonstrations.json"), "utf8")) as readonly Demonstration[];
    const fileOf = (picture: string): string => join(model.folder.location, "evaluation", "pictures", `${picture}.webp`);
    const answered: AnsweredPrompt[] = [];
    let firstAnswer: number | undefined;
    for (const { title, shots, query, text, expected } of demonstrations) {
      const task = await model.supportSet(shots.map(([picture, said]) => ({ media: image(fileOf(picture)), text: said })));
      const answer = (await model.generateText([task, image(fileOf(query)), ...(text === undefined ? [] : [text])], { maxTokens: 12 })).trim();
      await task.dispose();
      firstAnswer ??= performance.now() - started;
      answered.push({
        title,
        shots: await Promise.all(shots.map(async ([picture, said]) => ({ picture: await dataUrl(fileOf(picture)), text: said }))),
        query: await dataUrl(fileOf(query)),
        question: text ?? "",
        answer,
        expected,
      });
      if (!json)
        process.stdout.write(
          `${title}\n${shots.map(([picture, said]) => `  [${picture}] ${said}\n`).join("")}  [${query}] ${text ?? ""} -> ${answer}   (a person: ${expected})\n\n`,
        );
    }
    const page = resolve(out, "index.html");
    await writeWhole(page, answerPage(answered), { makeFolders: true });
    const seconds = { firstAnswer: Math.round(firstAnswer!) / 1000, total: Math.round(performance.now() - started) / 1000 };
    const answers = answered.map(({ title, answer, expected }) => ({ title, answer, expected }));
    if (json) process.stdout.write(`${JSON.stringify({ page, seconds, answers })}\n`);
    else process.stdout.write(`first answer after ${seconds.firstAnswer} s; the pictures with their answers: ${pathToFileURL(page).href}\n`);
    if (!once) await serveUntilStopped(defaultSettings, { host: "127.0.0.1", port: defaultPort, orAnyFree: true }, "warn", async () => model);
  } finally {
    await model.dispose();
  }
}

async function dataUrl(file: string): Promise<string> {
  return `data:image/webp;base64,${(await readFile(file)).toString("base64")}`;
}
