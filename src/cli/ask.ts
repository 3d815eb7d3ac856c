import { Command, Option } from "commander";
import type { Flamingo, GenerateTextOptions, Prompt } from "../index.ts";
import { sayDevice } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { collect, refuseWithout, sharedOption } from "./option-values.ts";
import {
  addPromptOptions,
  loadModel,
  type PreparedPrompts,
  type PromptCommandOptions,
  preparePrompts,
  type TypedPrompt,
  typedPrompt,
} from "./prompt-options.ts";
import { inPlaces } from "./queries.ts";
import { checkExplanationFile, writeExplanation } from "./write-explanation.ts";

interface AskOptions extends PromptCommandOptions {
  readonly maxTokens?: number;
  readonly beams?: number;
  readonly lengthPenalty?: number;
  readonly earlyStopping?: "false" | "true" | "never";
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly explain?: string;
}

/** `flamingo ask`: a few-shot prompt and the model's answer. */
export const askCommand = (): Command =>
  addPromptOptions(new Command("ask").description("answer about a picture, after a few examples"))
    .option("--max-tokens <number>", "longest answer, in tokens (default: 30)", sharedOption("maxTokens"))
    .option("--beams <number>", "hypotheses of beam search (default: 1, which is none)", sharedOption("beams"))
    .option("--length-penalty <number>", "of beam search: above 0 favours long answers (default: 1)", sharedOption("lengthPenalty"))
    .addOption(
      new Option(
        "--early-stopping <when>",
        "of beam search, once as many answers have ended as there are beams; true: stop at once; false: when the best of the rest, as long as it is now, is no better than they; never: when it cannot become better (default: false)",
      ).choices(["false", "true", "never"]),
    )
    .option("--temperature <number>", "above 0: draw words (default: 0, always the likeliest)", sharedOption("temperature"))
    .option("--top-k <number>", "draw among so many likeliest tokens", sharedOption("topK"))
    .option("--top-p <number>", "draw among the likeliest tokens of this probability together", sharedOption("topP"))
    .option("--seed <number>", "of the drawing (default: 0)", sharedOption("seed"))
    .option("--stop <text>", "ends the answer; may be repeated", collect)
    .option("--explain <file>", "show where in the picture the model looked for each word: a page (.html), or one picture with a column for each word (.png)")
    .addHelpText(
      "after",
      `
Examples:
  flamingo ask --shot A.png="a dax" --shot B.png="a blick" --image C.png
  flamingo ask --shot A.png="a dax" --shot B.png="a blick" --save-support words.safetensors
  flamingo ask --support words.safetensors --queries questions.jsonl
  flamingo ask --shot A.png="a dax" --shot B.png="a blick" --image C.png --explain looked.html`,
    )
    .action(ask);

/** What is printed, and how it came about. */
interface Answered {
  readonly answer: Readonly<Record<string, unknown>>;
  /** Of one answer. */
  readonly tokens?: readonly number[];
  /** When the first token was there, where that can be told. */
  readonly firstToken?: number;
}

async function ask(options: AskOptions): Promise<void> {
  const typed = typedPrompt(options);
  const { json = false } = options;
  checkTogether(options, typed);
  const started = performance.now();
  const model = await loadModel(options);
  try {
    const loaded = performance.now();
    const prepared = await preparePrompts(model, typed, options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens });
    const { prompts, support } = prepared;
    const read = performance.now();
    const { answer, tokens, firstToken } = typed.queries === undefined ? await answerOne(model, prompts, options) : await answerMany(model, prepared, options);
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
    const explained = options.explain === undefined ? {} : { explained: options.explain };
    if (options.explain !== undefined) await writeExplanation(options.explain, model, prompts[0]!, tokens!, options.maxPixels);
    if (json) process.stdout.write(`${JSON.stringify({ ...answer, ...kept, ...explained, timing: { unit: "seconds", ...seconds }, device, threads })}\n`);
    else if (typed.saveSupport !== undefined) process.stderr.write(`examples kept in ${typed.saveSupport}\n`);
    sayDevice(options, model);
  } finally {
    await model.dispose();
  }
}

/** Writes the answer while it comes, unless it is wanted as JSON. */
async function answerOne(model: Flamingo, [prompt]: readonly Prompt[], options: AskOptions): Promise<Answered> {
  const { beams = 1, json = false } = options;
  const write = (text: string): void => void (json || process.stdout.write(text));
  if (prompt === undefined) return { answer: {} };
  if (beams > 1) {
    const { temperature: _, topK: _k, topP: _p, seed: _s, stop: _t, ...searching } = generateOptions(options);
    const [best] = await model.beamSearch(prompt, { ...searching, beams });
    const text = model.tokenizer.decode(best!.tokens);
    write(`${text}\n`);
    return { answer: { text, tokens: best!.tokens.length, logProbability: best!.logProbability }, tokens: best!.tokens };
  }
  let text = "";
  const tokens: number[] = [];
  const logProbabilities: number[] = [];
  let firstToken: number | undefined;
  const { beams: _, lengthPenalty: _l, earlyStopping: _e, ...drawing } = generateOptions(options);
  for await (const piece of model.generate(prompt, drawing)) {
    firstToken ??= performance.now();
    text += piece.text;
    tokens.push(piece.token);
    logProbabilities.push(piece.logProbability);
    write(piece.text);
  }
  write("\n");
  const answer = { text, tokens: logProbabilities.length, logProbability: logProbabilities.reduce((sum, value) => sum + value, 0) };
  return { answer, tokens, ...(firstToken === undefined ? {} : { firstToken }) };
}

/** An answer that could not be given is an object with its error and line, or an empty line where answers are printed as text; what it was is on standard error. */
async function answerMany(model: Flamingo, { lines, prompts }: PreparedPrompts, options: AskOptions): Promise<Answered> {
  const texts = await model.generateTexts(prompts, generateOptions(options));
  const answers = inPlaces(
    lines,
    texts.map((text) => ({ text })),
  );
  if (options.json !== true) process.stdout.write(answers.map((answer) => ("error" in answer ? "\n" : `${answer.text.replace(/\s*\n\s*/g, " ")}\n`)).join(""));
  if (prompts.length < lines.length) process.exitCode = 1;
  return { answer: { answers } };
}

/** @throws UsageError when an option would do nothing beside the others */
function checkTogether(options: AskOptions, { media, text, template, queries }: TypedPrompt): void {
  const { maxTokens, beams = 1, lengthPenalty, earlyStopping, temperature, topK, topP, seed, stop } = options;
  const drawing = { "--top-k": topK, "--top-p": topP, "--seed": seed };
  const searching = { "--length-penalty": lengthPenalty, "--early-stopping": earlyStopping };
  if (queries === undefined && template === undefined && text === undefined && media.length === 0)
    refuseWithout("nothing is asked", {
      "--max-tokens": maxTokens,
      "--beams": options.beams,
      ...searching,
      "--temperature": temperature,
      ...drawing,
      "--stop": stop,
    });
  if (options.explain !== undefined) {
    checkExplanationFile(options.explain);
    if (queries !== undefined) throw new UsageError("--explain is about one answer: give --image FILE in place of --queries");
    if (media.length === 0) refuseWithout("there is no picture to look at; give --image FILE or --video FILE", { "--explain": options.explain });
  }
  if (beams === 1) refuseWithout("it is of beam search; give --beams 2 or more", searching);
  else {
    const drawn = { "--temperature": temperature === 0 ? undefined : temperature, ...drawing };
    refuseWithout("beam search draws nothing and does not stop at texts; leave --beams out", { ...drawn, "--stop": stop });
  }
  if ((temperature ?? 0) === 0) refuseWithout("always the likeliest token is taken; give a --temperature above 0", drawing);
}

const stopping = { false: false, true: true, never: "never" } as const;

function generateOptions({ maxTokens, beams, stop, temperature, topK, topP, seed, lengthPenalty, earlyStopping }: AskOptions): GenerateTextOptions {
  const early = earlyStopping === undefined ? undefined : stopping[earlyStopping];
  const given = Object.entries({ maxTokens, beams, stop, temperature, topK, topP, seed, lengthPenalty, earlyStopping: early });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
