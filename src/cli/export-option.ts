import { InvalidArgumentError } from "commander";
import { writeWhole } from "../data/platform/node-write.ts";
import { lmmsEvalSamples, openFlamingoResults, submission, vlIclResults } from "../evaluate/exchange/export-predictions.ts";
import type { Answered } from "../evaluate/question.ts";
import { type ResultsBuilder, written } from "../evaluate/results.ts";
import { UsageError } from "./errors.ts";

export const exportForms = ["submission", "lmms-eval", "vl-icl", "openflamingo"] as const;

export interface Export {
  readonly form: (typeof exportForms)[number];
  readonly file: string;
}

/** Reads one `--export FORM=FILE`. */
export function exportTo(text: string, all: readonly Export[] = []): readonly Export[] {
  const equals = text.indexOf("=");
  const form = exportForms.find((each) => each === text.slice(0, Math.max(0, equals)));
  const file = text.slice(equals + 1);
  if (form === undefined || file === "") throw new InvalidArgumentError(`It must be FORM=FILE, where FORM is one of ${exportForms.join(", ")}.`);
  return [...all, { form, file }];
}

/** @param runs - how often the questions are asked @throws UsageError when a form holds one run's answers, and there are more */
export function checkExports(exports: readonly Export[], runs: number): void {
  const single = exports.find(({ form }) => form !== "openflamingo");
  if (single !== undefined && runs > 1)
    throw new UsageError(
      `--export ${single.form} is a file of one run's answers: give one number of --shots and one trial, or one task of a suite with --only`,
    );
}

export async function writeExports(
  exports: readonly Export[],
  { results, answered }: ResultsBuilder,
  submitted: (answered: Answered) => unknown,
): Promise<void> {
  const answers = answered.flatMap((each) => each.answered);
  const contents = {
    submission: () => submission(answers, submitted),
    "lmms-eval": () => lmmsEvalSamples(answers),
    "vl-icl": () => vlIclResults(answers),
    openflamingo: () => openFlamingoResults(results.map(written)),
  };
  for (const { form, file } of exports) await writeWhole(file, contents[form]());
}
