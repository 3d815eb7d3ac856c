import type { ValidationEvent } from "../train/validation.ts";

export interface RateOutcome {
  readonly learningRate: number;
  /** What was seen on held-out examples, before training and while it lasted. */
  readonly looks: readonly ValidationEvent[];
  /** Files of weights. */
  readonly parts: readonly string[];
}

export interface FinetuneOutcome {
  readonly run: string;
  /** The one whose weights are kept. */
  readonly learningRate: number;
  readonly rates: readonly RateOutcome[];
}

/** Few-shot beside fine-tuned, as people read it. */
export function finetuneTable({ run, learningRate, rates }: FinetuneOutcome): string {
  const before = rates[0]!.looks.filter(({ step }) => step === 0);
  const rows = [
    ...before.map((look): readonly string[] => [look.shots === 0 ? "as it was" : `${look.shots} examples in the prompt`, "", ...figures(look)]),
    ...rates.map(({ learningRate: rate, looks }): readonly string[] => {
      const best = looks.filter(({ shots }) => shots === 0).reduce((a, b) => (b.loss < a.loss ? b : a));
      return [
        `learning rate ${rate}${rate === learningRate ? " (kept)" : ""}`,
        best.step === 0 ? "not better than before" : `step ${best.step}`,
        ...figures(best),
      ];
    }),
  ];
  const all = [["on held-out examples", "", "loss", "exact", "training loss"], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const warnings = rates.flatMap(({ learningRate: rate, looks }) =>
    looks.flatMap(({ warning, step }) => (warning === undefined ? [] : [`learning rate ${rate}, step ${step}: ${warning}`])).slice(0, 1),
  );
  const lines = all.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
  return `${[...lines, ...warnings, `fine-tuned: ${run}`].join("\n")}\n`;
}

function figures({ loss, exact, trainingLoss }: ValidationEvent): readonly string[] {
  return [loss.toFixed(3), `${(100 * exact).toFixed(1)}%`, trainingLoss === undefined ? "" : trainingLoss.toFixed(3)];
}
