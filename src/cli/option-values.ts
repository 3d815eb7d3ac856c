import { InvalidArgumentError } from "commander";

/** Values of an option that may be repeated, in order. */
export const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** Reads a whole number of at least 1. */
export function positiveWholeNumber(text: string): number {
  return checked(text, (value) => Number.isInteger(value) && value >= 1, "give a whole number of at least 1");
}

/** Reads a number of at least 0. */
export function amount(text: string): number {
  return checked(text, (value) => value >= 0, "give a number of at least 0");
}

/** Reads a whole number of at least 0. */
export function wholeNumber(text: string): number {
  return checked(text, (value) => Number.isInteger(value) && value >= 0, "give a whole number of at least 0");
}

function checked(text: string, allowed: (value: number) => boolean, instead: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  // Number.isFinite also refuses what is no number.
  if (!Number.isFinite(value) || !allowed(value)) throw new InvalidArgumentError(`${instead}.`);
  return value;
}
