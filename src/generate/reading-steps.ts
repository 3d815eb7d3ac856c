import type { HostTensor } from "../runtime/runtime.ts";
import type { EncodedMedium } from "./media-encoder.ts";

/** What comes next in one row. */
export interface NextTokens {
  readonly tokens: readonly number[];
  /** For each token the index of the medium that it sees, among the media that the row holds, these included; -1 for none. */
  readonly mediaOf: readonly number[];
  /** Media that are new in these tokens. */
  readonly media: readonly EncodedMedium[];
}

/** One run of the language model over every row. */
export interface ReadingStep {
  /** One per row; a row may have no tokens in this step. */
  readonly rows: readonly StepRow[];
  /** Tokens of the longest row: the others are padded on the right. */
  readonly longest: number;
  /** Where scores are wanted. */
  readonly wanted: readonly { readonly row: number; readonly token: number; readonly branch: number }[];
}

interface StepRow {
  readonly tokens: readonly number[];
  readonly mediaOf: readonly number[];
  /** Of each token; 0 for what all branches go on from. */
  readonly branch: readonly number[];
  /** Of each token among those that its branch has in this step. */
  readonly place: readonly number[];
}

/** Tokens of one row that are read in a step. More are not faster, and others may wait for the step's end. */
export const mostOfRow = 64;

/**
 * Texts cut into steps.
 * @param last - after how many tokens at the end of each row scores are wanted
 * @param most - tokens of all rows together in one step
 * @param least - places that each row has in a step, if only as padding
 */
export function* readingSteps(next: readonly NextTokens[], last: number, most: number, least = 1): Generator<ReadingStep> {
  const longest = Math.max(...next.map(({ tokens }) => tokens.length));
  const size = Math.min(mostOfRow, stepSize(next.length, most));
  for (let from = 0; from < longest; from += size) {
    const rows = next.map(({ tokens, mediaOf }): StepRow => {
      const part = tokens.slice(from, from + size);
      return { tokens: part, mediaOf: mediaOf.slice(from, from + size), branch: part.map(() => 0), place: part.map((_, i) => i) };
    });
    const wanted = next.flatMap(({ tokens: { length } }, row) => {
      const here = Math.min(size, length - from);
      if (here <= 0) return []; // the row ended in an earlier step
      const first = Math.min(Math.max(0, length - last - from), here);
      return Array.from({ length: here - first }, (_, i) => ({ row, token: first + i, branch: 0 }));
    });
    yield { rows, longest: Math.max(least, Math.min(size, longest - from)), wanted };
  }
}

/** Continuations of each row put beside each other, as many in a step as it takes; scores are wanted after every token. @param most - as for {@link readingSteps} */
export function* branchSteps(branches: readonly (readonly NextTokens[])[], most: number): Generator<ReadingStep> {
  const size = stepSize(branches.length, most);
  const done = branches.map(() => 0);
  while (branches.some((row, i) => done[i]! < row.length)) {
    const wanted: { row: number; token: number; branch: number }[] = [];
    const rows = branches.map((row, i): StepRow => {
      const step = { tokens: [] as number[], mediaOf: [] as number[], branch: [] as number[], place: [] as number[] };
      for (let at = done[i]!; at < row.length; at++) {
        const { tokens, mediaOf } = row[at]!;
        if (step.tokens.length > 0 && step.tokens.length + tokens.length > size) break;
        tokens.forEach((token, place) => {
          wanted.push({ row: i, token: step.tokens.length, branch: at });
          step.tokens.push(token);
          step.mediaOf.push(mediaOf[place]!);
          step.branch.push(at + 1);
          step.place.push(place);
        });
        done[i] = at + 1;
      }
      return step;
    });
    yield { rows, longest: Math.max(...rows.map(({ tokens }) => tokens.length)), wanted };
  }
}

/** `tokens`, `branches` and `places` [rows, longest], and `rows`, the places in `rows*longest` that scores are wanted of. */
export function laidOut({ rows, longest, wanted }: ReadingStep): Record<string, HostTensor> {
  const table = (of: (row: StepRow) => readonly number[], padding = 0): HostTensor =>
    int64(
      [rows.length, longest],
      rows.flatMap((row) => [...of(row), ...new Array<number>(longest - row.tokens.length).fill(padding)]),
    );
  // A step in which no row ends wants no scores; one row of them costs less than it would to tell the graph so.
  const places = wanted.length === 0 ? [0] : wanted.map(({ row, token }) => row * longest + token);
  return {
    tokens: table(({ tokens }) => tokens),
    // A branch of its own, so that nobody sees the padding.
    branches: table(({ branch }) => branch, -1),
    places: table(({ place }) => place),
    rows: int64([places.length], places),
  };
}

export function int64(shape: readonly number[], values: readonly number[]): HostTensor {
  return { dtype: "int64", shape, data: BigInt64Array.from(values, BigInt) };
}

function stepSize(rows: number, most: number): number {
  return Math.max(16, Math.floor(most / rows));
}
