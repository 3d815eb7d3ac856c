/** The exponent's range [-ln 2, 0] is cut into so many parts, each with its power in a table. */
const parts = 64;
const partsOfOne = parts / Math.LN2;
const part = Math.LN2 / parts;
/** 2^(-j/parts) */
const fractions = Float64Array.from({ length: parts }, (_, j) => 2 ** (-j / parts));
/** 2^-k, as far as there are numbers above 0. */
const powers = Float64Array.from({ length: 1075 }, (_, k) => 2 ** -k);
/** Beyond it nothing is left. */
const lowest = -745;

/**
 * e^x for x of at most 0, to 1e-14 of it for what is above -50 and 1e-13 below: between two powers of a table (Tang, 1989) a polynomial of the fifth degree does. Drawing a token takes as many exponentials as there are tokens, for every answer, on the
 * one thread that all answers share; `Math.exp` is a call for each, and takes twice as long. It also differs from one engine to the next; this does not.
 */
export function exponential(x: number): number {
  if (x < lowest) return 0;
  const steps = (x * partsOfOne) | 0;
  const rest = x - steps * part;
  const below = -steps;
  return powers[below >> 6]! * fractions[below & (parts - 1)]! * (1 + rest * (1 + rest * (1 / 2 + rest * (1 / 6 + rest * (1 / 24 + rest * (1 / 120))))));
}
