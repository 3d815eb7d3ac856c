/** Values that an option cannot have, and options that would do nothing: wrong usage, before a model is loaded. */

import type { Command } from "commander";
import { expect, it } from "vitest";
import { askCommand } from "../../src/cli/ask.ts";
import { convertCommand } from "../../src/cli/convert.ts";
import { dataCommand } from "../../src/cli/data.ts";
import { evaluateCommand } from "../../src/cli/evaluate.ts";
import { exitCodeOf, messageOf } from "../../src/cli/failure.ts";
import { scoreCommand } from "../../src/cli/score.ts";
import { trainCommand } from "../../src/cli/train.ts";
import { mostThreads } from "../../src/runtime/runtime.ts";

const commands = { ask: askCommand, score: scoreCommand, evaluate: evaluateCommand, train: trainCommand, convert: convertCommand, data: dataCommand };

/** A command that throws instead of ending the process. */
function within(command: Command, said: (text: string) => void): Command {
  command.exitOverride().configureOutput({ writeErr: said });
  for (const each of command.commands) within(each, said);
  return command;
}

const asked = ["ask", "--text", "the"];

it.each([
  [["ask", "--text", "the", "--threads", "100000"], new RegExp(`--threads.*at most ${mostThreads()}: there are 4 for each core here`)],
  [["score", "--text", "the", "--choice", "a", "--threads", `${mostThreads() + 1}`], /--threads.*at most/],
  [["evaluate", "--threads", "100000"], /--threads.*at most/],
  [["train", "config.json", "--threads", "100000"], /--threads.*at most/],
  [["convert", "nano", "--weights", "int4", "--out", "/nowhere/x", "--threads", "100000"], /--threads.*at most/],
  [[...asked, "--beams", "5000"], /--beams.*at most 512: each is read at every step/],
  [[...asked, "--beams", "0"], /--beams.*whole number of at least 1/],
  [[...asked, "--beams", "2", "--length-penalty", "21"], /--length-penalty.*at most 20: only the lengths would decide/],
  [[...asked, "--beams", "2", "--length-penalty", "NaN"], /--length-penalty.*must be at least -20/],
  [[...asked, "--beams", "2", "--early-stopping", "maybe"], /--early-stopping.*Allowed choices are false, true, never/],
  [[...asked, "--temperature", "Infinity"], /--temperature.*must be at least 0/],
  [[...asked, "--temperature", "1", "--top-p", "1.5"], /--top-p.*above 0 and at most 1/],
  [[...asked, "--temperature", "1", "--top-p", "0"], /--top-p.*above 0 and at most 1/],
  [[...asked, "--temperature", "1", "--top-k", "1.5"], /--top-k.*whole number/],
  [[...asked, "--temperature", "1", "--seed", "9007199254740993"], /--seed.*at most 9007199254740991: larger ones are not told apart/],
  [["ask", "--image", "a.png", "--max-pixels", "1e12"], /--max-pixels.*at most 1000000000: decoded/],
  [["ask", "--video", "a.gif", "--frames", "100000"], /--frames.*at most 1000: all of them are decoded/],
  [["evaluate", "--limit", "1000000000"], /--limit.*at most 1000000: all of them are made/],
  [["evaluate", "--baselines", "2"], /--baselines.*at most 1/],
  [["convert", "nano", "--weights", "int4", "--out", "/nowhere/x", "--prompts", "1000000000"], /--prompts.*at most 1000: all of them are made/],
  [[...asked, "--seed", "3"], /--seed would do nothing: always the likeliest token is taken/],
  [[...asked, "--temperature", "0", "--top-k", "3"], /--top-k would do nothing/],
  [[...asked, "--length-penalty", "2"], /--length-penalty would do nothing: it is of beam search/],
  [[...asked, "--beams", "1", "--early-stopping", "never"], /--early-stopping would do nothing/],
  [[...asked, "--beams", "2", "--temperature", "1", "--stop", "."], /--temperature and --stop would do nothing: beam search draws nothing/],
  [[...asked, "--keep-going"], /--keep-going would do nothing: it is about many questions/],
  [["ask", "--image", "a.png", "--explain", "x.gif"], /--explain x\.gif: the name must end in \.html/],
  [[...asked, "--explain", "x.png"], /--explain would do nothing: there is no picture to look at/],
  [["ask", "--queries", "q.jsonl", "--explain", "x.png"], /--explain is about one answer/],
  [["ask", "--shot", "a.png=b", "--save-support", "c", "--beams", "2"], /--beams would do nothing: nothing is asked/],
  [["convert", "nano", "--weights", "int4", "--out", "/nowhere/x", "--prompt", "a", "--prompts", "3"], /--prompts would do nothing/],
  [["convert", "nano", "--weights", "int4", "--out", "/nowhere/x", "--prompts", "0", "--threads", "1"], /--threads would do nothing/],
])("%j", async ([name, ...args], message) => {
  const said: string[] = [];
  const command = within(await commands[name as keyof typeof commands](), (text) => said.push(text));
  const failure: unknown = await command.parseAsync(args, { from: "user" }).catch((error: unknown) => error);
  expect(exitCodeOf(failure)).toBe(2);
  expect(said.join("") || messageOf(failure)).toMatch(message);
});
