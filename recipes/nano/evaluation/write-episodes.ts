import { join } from "node:path";
import type { EvaluationCase, ShownExample, SuiteTask } from "flamingo-vlm/evaluate";
import { writeWhole } from "flamingo-vlm/files";
import { isAsked, saidOf } from "../episodes/questions.ts";

/** Writes a suite's questions as episodes: `episodes.json` and a JSONL file for each task, about the pictures of `pictures.tar`. */
export async function writeEpisodes(tasks: readonly SuiteTask[], out: string): Promise<void> {
  const described = tasks.map(({ name, shots, chance, cases }) => {
    const file = `tasks/${name.replaceAll(/[ ,]+/g, "-")}-${shots}.jsonl`;
    // What is said of a picture by itself has no question before it, and no blank.
    const form = isAsked(cases[0]!.query) ? {} : { prompt: "", answer: "{answer}" };
    return { description: { name, shots, file, ...form, chance }, lines: cases.map(lineOf) };
  });
  for (const { description, lines } of described)
    await writeWhole(join(out, description.file), `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`, { makeFolders: true });
  const suite = { title: "nano", pictures: "pictures.tar", tasks: described.map(({ description }) => description) };
  await writeWhole(join(out, "episodes.json"), `${JSON.stringify(suite, undefined, 1)}\n`);
}

function lineOf({ shots, query: { choices, ...query } }: EvaluationCase): unknown {
  return {
    ...(shots.length > 0 && { examples: shots.map(exampleOf) }),
    ...exampleOf(query),
    ...(choices !== undefined && { choices: choices.map((choice) => choice.trim()) }),
  };
}

function exampleOf({ media, ...said }: ShownExample): object {
  return { image: `${media[0]!.path}.webp`, ...(isAsked(said) ? saidOf(said) : { answer: said.answer }) };
}
