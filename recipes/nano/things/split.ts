import { hashFraction } from "flamingo-vlm/data";
import { drawingStyles } from "../drawings/styles.ts";

/** `heldOut` is for results only; `validation` is taken from what remains, to choose by during training. */
export type SplitPart = "train" | "validation" | "heldOut";

export const heldOutShare = 0.15;
/** Of all groups, next to the held-out ones. */
export const validationShare = 0.05;

/** Where a group of concepts belongs: by the hash of its name alone, so that the same noun falls on the same side in every source, now and later. */
export function splitOf(group: string): SplitPart {
  const fraction = hashFraction(`concept group ${group}`);
  if (fraction < heldOutShare) return "heldOut";
  return fraction < heldOutShare + validationShare ? "validation" : "train";
}

/** `recipes/nano/split.json`: the split as it was decided, to be compared with. */
export interface SplitManifest {
  readonly rule: string;
  readonly heldOutStyles: readonly string[];
  readonly evaluationOnlyStyles: readonly string[];
  readonly heldOut: readonly string[];
  readonly validation: readonly string[];
  /** The group of every concept. */
  readonly groups: Readonly<Record<string, string>>;
}

/** @param concepts - every concept that has drawings */
export function splitManifest(concepts: readonly { readonly id: string; readonly group: string }[]): SplitManifest {
  const idsOf = (part: SplitPart): string[] =>
    concepts
      .filter(({ group }) => splitOf(group) === part)
      .map(({ id }) => id)
      .sort();
  const stylesOf = (use: string): string[] => drawingStyles.filter((style) => style.use === use).map(({ id }) => id);
  return {
    rule: `hashFraction("concept group " + group): below ${heldOutShare} held out, below ${heldOutShare + validationShare} validation, else train`,
    heldOutStyles: stylesOf("heldOut"),
    evaluationOnlyStyles: stylesOf("evaluationOnly"),
    heldOut: idsOf("heldOut"),
    validation: idsOf("validation"),
    groups: Object.fromEntries(concepts.map(({ id, group }): [string, string] => [id, group]).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
