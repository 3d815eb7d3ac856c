/** What a config states of a part against what is said of it where its weights are. */
import type { FlamingoPart } from "../model/flamingo.ts";
import { CheckpointError, firstTen } from "./errors.ts";

type Content = Readonly<Record<string, unknown>>;

const calledAs: Readonly<Record<FlamingoPart, string>> = {
  vision: "vision encoder",
  resampler: "resampler",
  fusion: "kind of fusion layers",
  language: "language model",
};

/**
 * @param found - the part's whole config, as its weights have it
 * @param stated - as much of it as the config states; a language model may have added tokens beside the published ones, and be used for fewer at a time than it was trained with; a vision encoder may be shown pictures of another size
 * @param name - what errors call the weights
 * @returns the whole config
 * @throws CheckpointError naming the first ten keys that differ
 */
export function completedConfig(part: FlamingoPart, found: Content, stated: Content, name: string): Content {
  const differing = differences(found, stated).filter(({ key, given, asked }) => !mayDiffer(part, key, given, asked, found));
  const problems = differing.map(({ key, given, asked }) => `${key} is ${shown(given)} in the file, ${shown(asked)} in the config`);
  if (problems.length > 0) throw new CheckpointError(firstTen(`${name}: it holds another ${calledAs[part]} than the config's`, problems));
  return merged(found, stated);
}

export interface Difference {
  readonly key: string;
  readonly given: unknown;
  readonly asked: unknown;
}

/** Where `found` is not what `stated` says; what `stated` leaves open may be anything. */
export function differences(found: Content, stated: Content, above = ""): Difference[] {
  // Another kind has other keys.
  const keys = "kind" in stated && stated["kind"] !== found["kind"] ? ["kind"] : Object.keys(stated);
  return keys.flatMap((name) => {
    const [given, asked, key] = [found[name], stated[name], above + name];
    if (isContent(given) && isContent(asked)) return differences(given, asked, `${key}.`);
    return asked === undefined || JSON.stringify(given) === JSON.stringify(asked) ? [] : [{ key, given, asked }];
  });
}

function mayDiffer(part: FlamingoPart, key: string, given: unknown, asked: unknown, found: Content): boolean {
  // Positions of a transformer are interpolated where its weights are read; convolutions go on as they are.
  if (part === "vision") return key === "imageSize";
  if (part !== "language") return false;
  if (key === "extraTokens") return given === 0;
  // Learnt positions are as many as there are.
  return key === "maxTokens" && typeof asked === "number" && asked <= (given as number) && (found["positions"] as Content)["kind"] !== "learnt";
}

function merged(found: Content, stated: Content): Content {
  const entries = Object.entries(stated).map(([key, asked]) => [key, isContent(found[key]) && isContent(asked) ? merged(found[key], asked) : asked]);
  return { ...found, ...Object.fromEntries(entries) };
}

function isContent(value: unknown): value is Content {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? "not there";
}
