import { mostFrames } from "../data/video.ts";
import { ConfigError } from "../model/strict-config.ts";

/** The values that a numeric option may have. */
export interface NumberRange {
  /** Default: any number. */
  readonly whole?: boolean;
  readonly least?: number;
  /** That the least itself is not allowed. */
  readonly above?: boolean;
  readonly most?: number;
  /** Why there are no more. */
  readonly because?: string;
}

/** @returns what a value must be that is not, as the end of a sentence that begins with the option's name; undefined when nothing is wrong */
export function outOfRange(value: number, range: NumberRange): string | undefined {
  const { whole = false, least = -Number.MAX_VALUE, above = false, most = whole ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE, because } = range;
  if ((whole ? Number.isSafeInteger(value) : Number.isFinite(value)) && (above ? value > least : value >= least) && value <= most) return undefined;
  const limits = [
    ...(least === -Number.MAX_VALUE ? [] : [`${above ? "above" : whole ? "of at least" : "at least"} ${least}`]),
    ...(range.most === undefined ? [] : [`at most ${most}`]),
  ];
  const kind = whole ? ["a whole number"] : limits.length === 0 ? ["a number"] : [];
  return `must be ${[...kind, limits.join(" and ")].join(" ").trimEnd()}${because !== undefined && value > most ? `: ${because}` : ""}`;
}

/** Options are checked before anything is computed with them. @throws ConfigError */
export function checkRange(name: string, value: number | undefined, range: NumberRange): void {
  const problem = value === undefined ? undefined : outOfRange(value, range);
  if (problem !== undefined) throw new ConfigError(`${name} ${problem}; found ${value}`);
}

const exactly = "larger ones are not told apart";

/** Of the options that the library and the command line share. */
export const ranges = {
  beams: { whole: true, least: 1, most: 512, because: "each is read at every step, and keeps keys and values of its own" },
  /** Of prompts that are answered together. */
  batch: { whole: true, least: 1, most: 512, because: "each keeps keys and values of its own, and more are not faster" },
  lengthPenalty: { least: -20, most: 20, because: "only the lengths would decide, until their powers are no numbers any more" },
  maxTokens: { whole: true, least: 1 },
  temperature: { least: 0 },
  topK: { whole: true, least: 1 },
  topP: { least: 0, above: true, most: 1 },
  seed: { whole: true, least: 0, most: Number.MAX_SAFE_INTEGER, because: exactly },
  alternatives: { whole: true, least: 0, most: 20, because: "as with OpenAI's top_logprobs" },
  maxPixels: { whole: true, least: 1, most: 1_000_000_000, because: "decoded, a picture takes 3 to 8 bytes of memory for each pixel" },
  frames: { whole: true, least: 1, most: mostFrames, because: "all of them are decoded before the first is encoded" },
} as const satisfies Readonly<Record<string, NumberRange>>;
