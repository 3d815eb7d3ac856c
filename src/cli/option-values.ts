import { type Command, InvalidArgumentError } from "commander";
import { type NumberRange, outOfRange, ranges } from "../generate/option-range.ts";
import { mostThreads } from "../runtime/runtime.ts";
import { UsageError } from "./errors.ts";

/** Values of an option that may be repeated, in order. */
export const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** Reads a number of a range. */
export function inRange(range: NumberRange): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    const problem = outOfRange(value, range);
    if (problem !== undefined) throw new InvalidArgumentError(`It ${problem}.`);
    return value;
  };
}

/** Reads the value of an option that the library has too. */
export function sharedOption(option: keyof typeof ranges): (text: string) => number {
  return inRange(ranges[option]);
}

/** Reads a number of threads. */
export function threads(text: string): number {
  return inRange({ whole: true, least: 1, most: mostThreads(), because: "there are 4 for each core here, and more only wait for one another" })(text);
}

/** A count of things that are all made before the first is used. */
export function countUpTo(most: number, least = 1): (text: string) => number {
  return inRange({ whole: true, least, most, because: "all of them are made and held in memory" });
}

/**
 * @param given - options that were typed, as they are typed
 * @param reason - what has to be there for them, and is not
 * @throws UsageError when there are some
 */
export function refuseWithout(reason: string, given: Readonly<Record<string, unknown>>): void {
  const typed = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (typed.length > 0) throw new UsageError(`${typed.join(" and ")} would do nothing: ${reason}`);
}

/**
 * Refuses options that the command line named and that nothing would read; those that have their default are not meant.
 * @param unread - of an option's name, as the command knows it
 * @throws UsageError naming them
 */
export function refuseTyped(command: Command, reason: string, unread: (name: string) => boolean): void {
  const typed = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === "cli" && unread(option.attributeName()));
  refuseWithout(reason, Object.fromEntries(typed.map(({ long }) => [long!, true])));
}
