import { modelName } from "./answerers.ts";
import { controlNames, isControl } from "./controls.ts";
import type { WrittenFigure, WrittenResult } from "./results.ts";

/** Results in sentences: whether the pictures of the examples helped, and which baselines the model was not shown to surpass. A pure function of what is written. */
export function findingsOf(results: readonly WrittenResult[]): string[] {
  const tasks = Map.groupBy(results, ({ task, shots, trial }) => JSON.stringify([task, shots, trial]));
  return [...tasks.values()].flatMap((of) => {
    const figure = Object.keys(of.find(({ answerer }) => answerer === modelName)?.measures ?? {})[0];
    if (figure === undefined) return [];
    const { task, shots } = of[0]!;
    const where = `${task}, ${shots} shots`;
    const inWords = of.find(({ answerer }) => answerer === controlNames.inWords)?.beyond;
    const level = of.filter(({ answerer, beyond }) => beyond !== undefined && beyond.low <= 0 && !isControl(answerer)).map(({ answerer }) => answerer);
    return [
      ...(inWords === undefined
        ? []
        : [`${where}: the pictures of the examples ${helped(inWords)}: ${difference(inWords, figure)} than after the same examples in words alone.`]),
      ...(level.length === 0 ? [] : [`${where}: the model was not shown to reach more ${figure} than ${listed(level)}.`]),
    ];
  });
}

function helped({ low, high }: WrittenFigure): string {
  if (low > 0) return "helped";
  return high < 0 ? "did harm" : "were not shown to help";
}

function difference({ value, low, high, count }: WrittenFigure, figure: string): string {
  const points = (each: number): string => Math.abs(each).toFixed(1);
  const signed = (each: number): string => each.toFixed(1);
  const questions = count === 1 ? "1 question" : `${count} questions`;
  return `${points(value)} points of ${figure} ${value < 0 ? "less" : "more"} (95%: ${signed(low)} to ${signed(high)}; ${questions})`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
