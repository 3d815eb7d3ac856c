import { Command } from "commander";
import { writeWhole } from "../data/platform/node-write.ts";
import type { Answered } from "../evaluate/question.ts";
import { type AnsweringOptions, answerPlan, howToGoOn } from "./answer-plan.ts";
import { addDeviceOptions } from "./device-options.ts";
import { addEvaluatedOptions } from "./evaluated-model.ts";
import { labelsPlan } from "./labels-plan.ts";
import { collect, sharedOption } from "./option-values.ts";
import { addSharingOptions } from "./sharing-options.ts";
import { stoppable } from "./stoppable.ts";

interface LabelOptions extends Omit<AnsweringOptions, "seed"> {
  readonly shot?: readonly string[];
  readonly text?: string;
  readonly choice?: readonly string[];
  readonly maxTokens: number;
  readonly beams: number;
  readonly keepGoing?: boolean;
  readonly out: string;
  readonly json?: boolean;
}

/** `flamingo label`: one answer for each of many pictures. */
export const labelCommand = (): Command =>
  addSharingOptions(addEvaluatedOptions(addDeviceOptions(new Command("label"))))
    .description("caption or answer a whole folder of pictures, or many questions, after the same examples")
    .argument("<pictures>", 'a folder of pictures, or a file with one {"image": "a.png", "text": "…"} in each line, paths relative to it')
    .requiredOption("--out <file>", "the answers, one JSON object in each line, in the order of the pictures")
    .option("--shot <file=text>", "an example: a picture and what is said about it; may be repeated", collect)
    .option("--text <text>", "text after each picture that the answer follows, such as a question; a line's own comes first")
    .option("--choice <text>", "an answer; of several the likeliest is taken", collect)
    .option("--max-tokens <number>", "longest answer, in tokens", sharedOption("maxTokens"), 30)
    .option("--beams <number>", "hypotheses of beam search", sharedOption("beams"), 1)
    .option("--keep-going", "answer the others where a picture cannot be read; its line says why, and the exit code is 1 in the end")
    .option("--predictions <file>", "where answers are kept as they come; a run that was stopped goes on from there (default: FILE.predictions beside --out)")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  flamingo label photos/ --shot A.jpg="a red car" --shot B.jpg="two dogs" --out captions.jsonl
  flamingo label questions.jsonl --model my-model --queue local --shards 32 --out answers.jsonl`,
    )
    .action(label);

async function label(pictures: string, given: LabelOptions): Promise<void> {
  const { out, keepGoing = false, json = false } = given;
  const options = { ...given, seed: 1, baselines: 0, predictions: given.predictions ?? `${out}.predictions` };
  const started = performance.now();
  const { plan, asked } = await labelsPlan(pictures, given);
  const run = await stoppable(
    (signal) => answerPlan(plan, { ...options, keepGoing }, signal),
    () => howToGoOn(options),
  );
  if (run === undefined) return;
  const { name, facts, builder } = run;
  const answered = builder.answered.flatMap((each) => each.answered);
  const lines = answered.map((each, i) => ({ ...asked[i], ...answerOf(each) }));
  await writeWhole(out, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const failed = answered.filter(({ answer }) => answer.refused !== undefined).length;
  if (failed > 0) process.exitCode = 1;
  const summary = { model: name, out, answers: lines.length - failed, failed, seconds: Math.round((performance.now() - started) / 1000), ...facts };
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else process.stderr.write(`${summary.answers} answers in ${out}${failed === 0 ? "" : `; ${failed} could not be given, their lines say why`}\n`);
}

/** As `flamingo ask --queries` has it: a text, or an error. */
function answerOf({ question: { choices }, answer: { text, scores, refused } }: Answered): Readonly<Record<string, unknown>> {
  if (refused !== undefined) return { error: refused };
  return { answer: text, ...(choices === undefined ? {} : { scores }) };
}
