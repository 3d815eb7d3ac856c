import { Command, CommanderError } from "commander";
import { packageVersion } from "../serve/package-version.ts";
import { StoppedError } from "./errors.ts";
import { exitCodeOf, messageOf } from "./failure.ts";
import { watchStandardStreams } from "./standard-streams.ts";

/** Commands by name, each in a file of its own that is loaded when the command is used, so that help appears at once. */
const commands: readonly { readonly name: string; readonly summary: string; load(): Promise<Command> }[] = [
  { name: "start", summary: "show what the embedded model does, with pictures to look at", load: async () => (await import("./start.ts")).startCommand() },
  { name: "ask", summary: "answer about a picture, after a few examples", load: async () => (await import("./ask.ts")).askCommand() },
  { name: "score", summary: "compare how likely answers are, after a few examples", load: async () => (await import("./score.ts")).scoreCommand() },
  { name: "serve", summary: "answer over HTTP, as OpenAI's clients ask", load: async () => (await import("./serve.ts")).serveCommand() },
  { name: "mcp", summary: "tools for agents, over standard input and output", load: async () => (await import("./mcp.ts")).mcpCommand() },
  { name: "params", summary: "count a model's parameters without allocating it", load: async () => (await import("./params.ts")).paramsCommand() },
  { name: "train", summary: "train what a config describes", load: async () => (await import("./train.ts")).trainCommand() },
  {
    name: "finetune",
    summary: "train on a task at several learning rates, and keep the best",
    load: async () => (await import("./finetune.ts")).finetuneCommand(),
  },
  {
    name: "evaluate",
    summary: "measure a model, with baselines and confidence intervals",
    load: async () => (await import("./evaluate.ts")).evaluateCommand(),
  },
  {
    name: "report",
    summary: "make a page of an evaluation's results, or of two beside each other",
    load: async () => (await import("./report.ts")).reportCommand(),
  },
  { name: "rate", summary: "let people judge answers, blind", load: async () => (await import("./rate.ts")).rateCommand() },
  {
    name: "ablate",
    summary: "train and measure every row of an ablation, and print the paper's table",
    load: async () => (await import("./ablate.ts")).ablateCommand(),
  },
  { name: "data", summary: "fetch and prepare training data", load: async () => (await import("./data.ts")).dataCommand() },
  { name: "pull", summary: "download a model from the Hugging Face hub", load: async () => (await import("./pull.ts")).pullCommand() },
  {
    name: "convert",
    summary: "store a model's weights in 4, 8 or 16 bits, and say what that costs",
    load: async () => (await import("./convert.ts")).convertCommand(),
  },
  { name: "plot", summary: "draw a training run as a picture", load: async () => (await import("./plot.ts")).plotCommand() },
  { name: "pack", summary: "make a model folder of a training run", load: async () => (await import("./pack.ts")).packCommand() },
  { name: "models", summary: "list what loads, and how far it is from its authors' code", load: async () => (await import("./models.ts")).modelsCommand() },
  { name: "inspect", summary: "show what is in a model folder or a file of weights", load: async () => (await import("./inspect.ts")).inspectCommand() },
];

const examples = `
Examples:
  flamingo start
  flamingo ask --shot A.png="a dax" --shot B.png="a blick" --image C.png
  flamingo params --size flamingo-3b --json
  flamingo train my-config.ts --set train.steps=20

Every command has its own --help. With --json a command prints one JSON object on standard output; messages and progress go to standard error.
Exit codes: 0 done, 1 failed, 2 called wrongly. A signal that stops it gives 128 and its number (130: Ctrl-C).`;

async function main(given: readonly string[]): Promise<void> {
  const args = given[0] === "help" && given[1] !== undefined ? [given[1], "--help"] : given;
  const program = new Command("flamingo")
    .description("Few-shot visual language models: ask, score, train, evaluate.")
    .version(await packageVersion())
    .addHelpText("after", examples)
    .showHelpAfterError("(flamingo --help shows what there is)")
    .exitOverride()
    // What stands after a command's name is its own, also where a command has commands.
    .enablePositionalOptions();
  const asked = commands.find(({ name }) => name === args.find((each) => !each.startsWith("-")));
  if (asked === undefined) for (const { name, summary } of commands) program.command(name).description(summary).helpOption(false);
  else program.addCommand(withExitOverride(await asked.load()));
  await program.parseAsync(args as string[], { from: "user" });
}

/** Lets wrong usage come back here as an error, from every level. */
function withExitOverride(command: Command): Command {
  command.exitOverride();
  for (const each of command.commands) withExitOverride(each);
  return command;
}

watchStandardStreams();
try {
  await main(process.argv.slice(2));
} catch (error) {
  // commander has printed what was wrong, or the help that was asked for.
  if (!(error instanceof CommanderError)) process.stderr.write(`flamingo: ${messageOf(error)}\n`);
  process.exitCode = exitCodeOf(error);
  // It ends by the signal that stopped it, as shells expect, and what threads are in the middle of at once with it.
  if (error instanceof StoppedError && error.leavesWork && process.platform !== "win32") {
    process.removeAllListeners(error.signal);
    process.kill(process.pid, error.signal);
  }
}
