import { Command } from "commander";
import type { Flamingo, GenerateTextOptions, Prompt } from "../index.ts";
import { sayDevice } from "./device-options.ts";
import { amount, collect, positiveWholeNumber, wholeNumber } from "./option-values.ts";
import { addPromptOptions, loadModel, type PromptCommandOptions, preparePrompts, typedPrompt } from "./prompt-options.ts";

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
    .addHelpText(
      "after",
      `
Examples:
  flamingo ask --shot A.png="a dax" --shot B.png="a blick" --image C.png
  flamingo ask --shot A.png="a dax" --shot B.png="a blick" --save-support words.safetensors
  flamingo ask --support words.safetensors --queries questions.jsonl`,
    )
    .action(ask);

/** What is printed, and how it came about. */
interface Answered {
  readonly answer: Readonly<Record<string, unknown>>;
  /** When the first token was there, where that can be told. */
  readonly firstToken?: number;
}

async function ask(options: AskOptions): Promise<void> {
  const typed = typedPrompt(options);
  const { json = false } = options;
  const started = performance.now();
  const model = await loadModel(options);
  try {
    const loaded = performance.now();
    const { prompts, support } = await preparePrompts(model, typed);
    const read = performance.now();
    const { answer, firstToken } = typed.queries === undefined ? await answerOne(model, prompts, options) : await answerMany(model, prompts, options);
    const done = performance.now();
    const timing = {
      load: loaded - started,
      examples: read - loaded,
      // What the file spared, as far as the time of reading the examples was the same then.
      ...(typed.support === undefined ? {} : { saved: 1000 * support!.seconds - (read - loaded) }),
      ...(firstToken === undefined ? {} : { firstToken: firstToken - read }),
      answer: done - read,
      total: done - started,
    };
    const seconds = Object.fromEntries(Object.entries(timing).map(([name, milliseconds]) => [name, Math.round(milliseconds) / 1000]));
    const { device, threads } = model;
    const kept = typed.saveSupport === undefined ? {} : { support: typed.saveSupport };
    if (json) process.stdout.write(`${JSON.stringify({ ...answer, ...kept, timing: { unit: "seconds", ...seconds }, device, threads })}\n`);
    else if (typed.saveSupport !== undefined) process.stderr.write(`examples kept in ${typed.saveSupport}\n`);
    sayDevice(options, model);
  } finally {
    await model.dispose();
  }
}

/** Writes the answer while it comes, unless it is wanted as JSON. */
async function answerOne(model: Flamingo, [prompt]: readonly Prompt[], options: AskOptions): Promise<Answered> {
  const { beams, json = false } = options;
  const write = (text: string): void => void (json || process.stdout.write(text));
  if (prompt === undefined) return { answer: {} };
  if (beams > 1) {
    const [best] = await model.beamSearch(prompt, { beams, ...generateOptions(options) });
    const text = model.tokenizer.decode(best!.tokens);
    write(`${text}\n`);
    return { answer: { text, tokens: best!.tokens.length, logProbability: best!.logProbability } };
  }
  let text = "";
  const logProbabilities: number[] = [];
  let firstToken: number | undefined;
  for await (const piece of model.generate(prompt, generateOptions(options))) {
    firstToken ??= performance.now();
    text += piece.text;
    logProbabilities.push(piece.logProbability);
    write(piece.text);
  }
  write("\n");
  const answer = { text, tokens: logProbabilities.length, logProbability: logProbabilities.reduce((sum, value) => sum + value, 0) };
  return { answer, ...(firstToken === undefined ? {} : { firstToken }) };
}

async function answerMany(model: Flamingo, prompts: readonly Prompt[], options: AskOptions): Promise<Answered> {
  const { beams, json = false } = options;
  const texts: string[] = [];
  if (beams === 1) texts.push(...(await model.generateTexts(prompts, generateOptions(options))));
  else for (const prompt of prompts) texts.push(await model.generateText(prompt, { beams, ...generateOptions(options) }));
  if (!json) process.stdout.write(texts.map((text) => `${text.replace(/\s*\n\s*/g, " ")}\n`).join(""));
  return { answer: { answers: texts.map((text) => ({ text })) } };
}

function generateOptions({ maxTokens, stop = [], temperature, topK, topP, seed, lengthPenalty }: AskOptions): Omit<GenerateTextOptions, "beams"> {
  const given = Object.entries({ temperature, topK, topP, seed, lengthPenalty }).filter(([, value]) => value !== undefined);
  return { maxTokens, stop, ...Object.fromEntries(given) };
}
