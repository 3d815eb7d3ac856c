/**
 * Places of the questions that stand for a task: the first that were answered well and the first that were not, as many of each as there are, in their order.
 * @param questions - that were answered
 * @param scores - of each, where 1 is all right; undefined: the first questions are taken
 * @param wanted - how many
 */
export function chosenSamples(questions: number, scores: readonly number[] | undefined, wanted: number): number[] {
  const places = Array.from({ length: questions }, (_, place) => place);
  if (scores === undefined) return places.slice(0, wanted);
  const { true: well = [], false: badly = [] } = Object.groupBy(places, (place) => String(scores[place]! >= 0.5) as "true" | "false");
  const half = Math.ceil(wanted / 2);
  // Where there are few of one kind, more of the other take their places.
  const good = well.slice(0, Math.max(half, wanted - badly.length));
  return [...good, ...badly.slice(0, wanted - good.length)].toSorted((a, b) => a - b);
}
