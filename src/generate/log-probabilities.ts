import { RuntimeError } from "../runtime/runtime.ts";
import { exponential } from "./exponential.ts";

/**
 * Scores to logarithms of probabilities.
 * @param logits - one score per vocabulary entry; -Infinity for an entry that cannot come
 * @throws RuntimeError when a score is NaN or Infinity, or no entry can come
 */
export function logProbabilities(logits: Float32Array): Float32Array {
  const shift = logNormaliser(logits);
  return logits.map((logit) => logit - shift);
}

/** What a score is above the logarithm of its probability. @throws as {@link logProbabilities} */
function logNormaliser(logits: Float32Array): number {
  const highest = finiteHighestOf(logits);
  return highest + Math.log(exponentials(logits, highest));
}

/** @throws as {@link logProbabilities} */
export function finiteHighestOf(logits: Float32Array): number {
  let highest = Number.NEGATIVE_INFINITY;
  // Math.max keeps NaN, so that looking at the highest is looking at all.
  for (let i = 0; i < logits.length; i++) highest = Math.max(highest, logits[i]!);
  if (!Number.isFinite(highest))
    throw new RuntimeError(
      `the language model's highest score for the next token is ${highest}, so no token is likelier than another; its weights are damaged: fetch, convert or train the model again`,
    );
  return highest;
}

/**
 * e to the power of what each score is below the highest, divided by the temperature.
 * @param into - is given all of them
 * @returns their sum
 */
export function exponentials(logits: Float32Array, highest: number, temperature = 1, into?: Float64Array): number {
  // Loops over places: over values they take twice the time, and every token of every answer passes here.
  let total = 0;
  if (into === undefined) for (let i = 0; i < logits.length; i++) total += exponential((logits[i]! - highest) / temperature);
  else for (let i = 0; i < logits.length; i++) total += into[i] = exponential((logits[i]! - highest) / temperature);
  return total;
}

/** Lists up to this long are kept in order value by value; for longer ones everything is sorted once. */
const longestInserted = 64;

/** Indices of the `count` largest values, largest first; of equal ones the first. */
export function largest(values: Float32Array, count: number): number[] {
  // Of a long list most places would be moved for each value.
  if (count > longestInserted) return [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b).slice(0, count);
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === count && values[i]! <= values[best[count - 1]!]!) continue;
    let place = best.length;
    while (place > 0 && values[best[place - 1]!]! < values[i]!) place--;
    best.splice(place, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}
