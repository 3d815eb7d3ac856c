import { Command } from "commander";
import { amount, collect, positiveWholeNumber, wholeNumber } from "./option-values.ts";
import { addPromptOptions, loadModel, type PromptCommandOptions, preparePrompt, typedPrompt } from "./prompt-options.ts";

interface AskOptions extends PromptCommandOptions {
  readonly maxTokens: number;
  readonly beams: number;
  readonly lengthPenalty?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
}

/** `flamingo ask`: a few-shot prompt and the model's answer. */
export const askCommand = (): Command =>
  addPromptOptions(new Command("ask").description("answer about a picture, after a few examples"))
    .option("--max-tokens <number>", "longest answer, in tokens", positiveWholeNumber, 30)
    .option("--beams <number>", "hypotheses of beam search; 1: none", positiveWholeNumber, 1)
    .option("--length-penalty <number>", "of beam search: above 0 favours long answers", amount)
    .option("--temperature <number>", "0: always the likeliest word", amount)
    .option("--top-k <number>", "draw among so many likeliest tokens", positiveWholeNumber)
    .option("--top-p <number>", "draw among the likeliest tokens of this probability together", amount)
    .option("--seed <number>", "of the drawing", wholeNumber)
    .option("--stop <text>", "ends the answer; may be repeated", collect)
    .addHelpText("after", '\nExample:\n  flamingo ask --shot A.png="a dax" --shot B.png="a blick" --image C.png')
    .action(ask);

async function ask(options: AskOptions): Promise<void> {
  const typed = typedPrompt(options);
  const times = [performance.now()];
  const model = await loadModel(options);
  times.push(performance.now());
  try {
    const prompt = await preparePrompt(model, typed);
    times.push(performance.now());
    const { maxTokens, stop = [], beams, json = false } = options;
    const sampling = Object.fromEntries(
      Object.entries({
        temperature: options.temperature,
        topK: options.topK,
        topP: options.topP,
        seed: options.seed,
        lengthPenalty: options.lengthPenalty,
      }).filter(([, value]) => value !== undefined),
    );
    let text = "";
    let tokens = 0;
    let firstToken: number | undefined;
    if (beams > 1) {
      const [best] = await model.beamSearch(prompt, { beams, maxTokens, ...sampling });
      text = model.tokenizer.decode(best!.tokens);
      tokens = best!.tokens.length;
      if (!json) process.stdout.write(text);
    } else {
      for await (const piece of model.generate(prompt, { maxTokens, stop, ...sampling })) {
        firstToken ??= performance.now();
        text += piece.text;
        tokens += 1;
        if (!json) process.stdout.write(piece.text);
      }
    }
    times.push(performance.now());
    const [start, loaded, read, done] = times as [number, number, number, number];
    const timing = {
      load: loaded - start,
      examples: read - loaded,
      ...(firstToken === undefined ? {} : { firstToken: firstToken - read }),
      answer: done - read,
      total: done - start,
    };
    const rounded = Object.fromEntries(Object.entries(timing).map(([name, milliseconds]) => [name, Math.round(milliseconds) / 1000]));
    process.stdout.write(json ? `${JSON.stringify({ text, tokens, timing: { unit: "seconds", ...rounded }, device: model.device })}\n` : "\n");
  } finally {
    await model.dispose();
  }
}
