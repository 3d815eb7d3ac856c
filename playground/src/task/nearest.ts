/** A picture of a folder, with what is said about it. */
export interface Labelled {
  readonly name: string;
  readonly label: string;
}

export interface Near<Item> {
  readonly item: Item;
  /** The cosine of the angle between the features of the two pictures. */
  readonly similarity: number;
}

/**
 * The examples of a folder that are most like a picture (RICES, Yang et al., 2021), the nearest last: it stands before the question.
 * @param vectors - of the items, of length 1
 */
export function nearest<Item>(items: readonly Item[], vectors: readonly Float32Array[], to: Float32Array, count: number): readonly Near<Item>[] {
  return items
    .map((item, i) => ({ item, similarity: vectors[i]!.reduce((sum, value, at) => sum + value * to[at]!, 0) }))
    .toSorted((a, b) => b.similarity - a.similarity)
    .slice(0, count)
    .toReversed();
}

/** What a file is called after: the folder that it lies in, below the one that was chosen; else its own name, without its number. */
export function labelOf(path: string): string {
  const parts = path.split("/").filter((part) => part !== "");
  const named =
    parts.length > 2
      ? parts.at(-2)!
      : parts
          .at(-1)!
          .replace(/\.\w+$/, "")
          .replace(/[\s_.-]*\(?\d+\)?$/, "");
  return named.replaceAll(/[_-]+/g, " ").trim();
}
