/** The tasks of the nano suite. */
import type { EvaluationCase, SuiteTask } from "flamingo-vlm/evaluate";
import { type PicturedConcept, type PictureIndex, select } from "../drawings/picture-index.ts";
import { bindingCases, bindingTasks, colourCases, namingCases, yesNoCases } from "./cases.ts";

export interface NanoPictures {
  /** Things that training never showed. */
  readonly drawings: readonly PicturedConcept[];
  /** Nouns drawn as glyphs by many hands, never shown either. */
  readonly glyphs: readonly PicturedConcept[];
  /** Things that training showed, in a style that it never did. */
  readonly unseenStyle: readonly PicturedConcept[];
}

/** The suite's pictures in an index of what may be shown. */
export function nanoPictures(index: PictureIndex): NanoPictures {
  const heldOut = select(index, "heldOut", () => true);
  return {
    drawings: heldOut.filter(({ domain }) => domain === "thing"),
    glyphs: heldOut.filter(({ domain }) => domain === "glyph"),
    unseenStyle: select(index, "train", ({ use }) => use === "heldOut").filter(({ domain }) => domain === "thing"),
  };
}

/** Every task of the suite. @param cases - questions per task */
export function nanoTasks({ drawings, glyphs, unseenStyle }: NanoPictures, cases: number, seed: number): SuiteTask[] {
  const binding = (name: string, concepts: readonly PicturedConcept[], shots: readonly number[]): SuiteTask[] =>
    bindingTasks(name, shots, (ways, count) => bindingCases(concepts, ways, { cases, shots: count, seed }));
  const independent = (name: string, chance: number, draw: (shots: number) => EvaluationCase[]): SuiteTask[] =>
    [0, 4, 8].map((shots) => ({ name, shots, chance, cases: draw(shots) }));
  return [
    ...binding("binding drawings", drawings, [1, 2, 4]),
    ...binding("binding glyphs", glyphs, [1, 2, 4, 8]),
    ...independent("naming unseen things", 0, (shots) => namingCases(drawings, { cases, shots, seed })),
    ...independent("naming in an unseen style", 0, (shots) => namingCases(unseenStyle, { cases, shots, seed })),
    ...independent("yes or no", 1 / 2, (shots) => yesNoCases(drawings, { cases, shots, seed })),
    ...independent("colour", 1 / 11, (shots) => colourCases(drawings, { cases, shots, seed })),
  ];
}
