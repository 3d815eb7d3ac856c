import type { Estimate } from "../../evaluate/metrics/proportion.ts";
import type { RatingSummary } from "../../evaluate/ratings/rating-summary.ts";

/** A summary in lines of two columns. */
export function summaryRows({
  systems,
  judged,
  judgedTwice,
  alpha,
  scores = [],
  difference,
  preference,
  same,
}: RatingSummary): (readonly [what: string, value: string])[] {
  const [first, second] = systems;
  return [
    ["judged", `${judged} (${judgedTwice} by two or more)`],
    [
      "Krippendorff's alpha",
      alpha === undefined
        ? judgedTwice === 0
          ? "not known: nothing was judged by two raters"
          : "not defined: all raters said the same of everything"
        : `${interval(alpha, 1, 3)}, ${alpha.level}`,
    ],
    ...scores.map((each) => [`${each.system}: mean score of 1 to 5`, `${interval(each, 1, 2)}, ${each.count} answers`] as const),
    ...(difference === undefined ? [] : [[`${first} above ${second}`, `${interval(difference, 1, 2)}, ${difference.count} questions`] as const]),
    ...(preference === undefined ? [] : preferenceRows(first!, second!, preference)),
    ...(same === 0 ? [] : [["answered the same by both, not judged", `${same}`] as const]),
  ];
}

function preferenceRows(
  first: string,
  second: string,
  { first: one, second: two, equal, share, left }: NonNullable<RatingSummary["preference"]>,
): (readonly [what: string, value: string])[] {
  const shown = share.low > 0.5 ? `${first} is preferred` : share.high < 0.5 ? `${second} is preferred` : "neither was shown to be preferred";
  return [
    [`${first} better`, `${one}`],
    [`${second} better`, `${two}`],
    ["equally good", `${equal}`],
    [`preference for ${first}, %`, `${interval(share, 100, 1)}, ${share.count} questions: ${shown}`],
    ...(left === undefined ? [] : [["the left one, of those that chose, %", (100 * left).toFixed(1)] as const]),
  ];
}

function interval({ value, low, high }: Estimate, factor: number, digits: number): string {
  const [middle, from, to] = [value, low, high].map((each) => (factor * each).toFixed(digits));
  return `${middle} (${from} to ${to})`;
}
