import { Command } from "commander";
import { UsageError } from "./errors.ts";
import { collect } from "./option-values.ts";
import { addPromptOptions, loadModel, type PromptCommandOptions, preparePrompt, typedPrompt } from "./prompt-options.ts";

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
  const model = await loadModel(options);
  try {
    const scored = await model.score(await preparePrompt(model, typed), choices, { complete: !open });
    const highest = Math.max(...scored.map(({ logProbability }) => logProbability));
    const total = scored.reduce((sum, { logProbability }) => sum + Math.exp(logProbability - highest), 0);
    const ranked = scored
      .map((choice) => ({ ...choice, share: Math.exp(choice.logProbability - highest) / total }))
      .sort((a, b) => b.logProbability - a.logProbability);
    if (json) process.stdout.write(`${JSON.stringify({ choices: ranked, device: model.device })}\n`);
    else
      for (const { text, logProbability, share } of ranked)
        process.stdout.write(`${(100 * share).toFixed(1).padStart(5)} %  ${logProbability.toFixed(3).padStart(9)}  ${text}\n`);
  } finally {
    await model.dispose();
  }
}
