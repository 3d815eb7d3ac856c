import { Command } from "commander";
import { sharesOf } from "../generate/score.ts";
import type { ScoredChoice } from "../index.ts";
import { sayDevice } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { collect } from "./option-values.ts";
import { addPromptOptions, loadModel, type PromptCommandOptions, preparePrompts, typedPrompt } from "./prompt-options.ts";
import { inPlaces } from "./queries.ts";

interface ScoreOptions extends PromptCommandOptions {
  readonly choice?: readonly string[];
  readonly open?: boolean;
}

/** `flamingo score`: how likely each of several answers is. */
export const scoreCommand = (): Command =>
  addPromptOptions(new Command("score").description("compare how likely answers are, after a few examples"))
    .option("--choice <text>", "an answer; give two or more", collect)
    .option("--open", "a choice may go on: its end is not counted")
    .addHelpText("after", '\nExample:\n  flamingo score --shot A.png="a dax" --shot B.png="a blick" --image C.png --choice "a dax" --choice "a blick"')
    .action(score);

async function score(options: ScoreOptions): Promise<void> {
  const { choice: choices = [], open = false, json = false } = options;
  if (choices.length === 0) throw new UsageError("there is nothing to compare: give --choice TEXT, twice or more");
  const typed = typedPrompt(options);
  if (typed.queries === undefined && typed.media.length === 0 && typed.text === undefined)
    throw new UsageError("nothing is asked: give --image FILE, --video FILE, --text TEXT or --queries FILE too");
  const model = await loadModel(options);
  try {
    const { lines, prompts } = await preparePrompts(model, typed, { choices, complete: !open });
    const scored = await model.scoreMany(
      prompts,
      prompts.map(() => choices),
      { complete: !open },
    );
    const answers = inPlaces(
      lines,
      scored.map((each) => ({ choices: ranked(each) })),
    );
    if (prompts.length < lines.length) process.exitCode = 1;
    const { device, threads } = model;
    if (json) process.stdout.write(`${JSON.stringify({ ...(typed.queries === undefined ? answers[0] : { answers }), device, threads })}\n`);
    else process.stdout.write(answers.map((each) => ("error" in each ? "\n" : each.choices.map(choiceLine).join(""))).join("\n"));
    sayDevice(options, model);
  } finally {
    await model.dispose();
  }
}

interface RankedChoice extends ScoredChoice {
  /** Of the probability of all choices together. */
  readonly share: number;
}

/** Likeliest first. */
function ranked(scored: readonly ScoredChoice[]): RankedChoice[] {
  const shares = sharesOf(scored);
  return scored.map((choice, i) => ({ ...choice, share: shares[i]! })).sort((a, b) => b.logProbability - a.logProbability);
}

function choiceLine({ text, logProbability, share }: RankedChoice): string {
  return `${(100 * share).toFixed(1).padStart(5)} %  ${logProbability.toFixed(3).padStart(9)}  ${text}\n`;
}
