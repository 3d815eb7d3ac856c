import type { PicturedConcept, PictureIndex } from "./picture-index.ts";
import { type DrawingStyle, drawingStyle } from "./styles.ts";

/** Edge of the shipped pictures in pixels. */
export const evaluationPictureSize = 192;

/** Most pictograms of one noun: eight shots and a question. */
const mostGlyphs = 9;

/**
 * What results are measured on: concepts never trained on in every style that may be passed on freely, and things that were trained on as drawn by the style
 * that was not. Faces, pictograms and things only: people, flags and signs differ too little or need their text.
 */
export function evaluationConcepts({ concepts }: PictureIndex): PicturedConcept[] {
  return concepts
    .filter(({ domain }) => domain === "thing" || domain === "face" || domain === "glyph")
    .map((concept) => ({
      ...concept,
      pictures: concept.pictures.filter(({ style }) => shipped(drawingStyle(style), concept)).slice(0, concept.domain === "glyph" ? mostGlyphs : undefined),
    }))
    .filter(({ pictures }) => pictures.length > 0);
}

/** Share-alike drawings are not shipped. */
function shipped({ use }: DrawingStyle, { part, domain }: PicturedConcept): boolean {
  if (part === "heldOut") return use !== "evaluationOnly";
  return use === "heldOut" && domain === "thing";
}

/** Who drew the pictures and under which licence: a text file to ship with them. */
export function credits(concepts: readonly PicturedConcept[]): string {
  const counts = new Map<string, number>();
  for (const { style } of concepts.flatMap(({ pictures }) => pictures)) counts.set(style, (counts.get(style) ?? 0) + 1);
  const lines = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, count]) => {
      const { author, licence, package: source, version } = drawingStyle(id);
      return `${id}: ${count} drawings by ${author}, ${licence}, from the npm package ${source} ${version}`;
    });
  return [
    "The pictures in this folder are drawings by others. They were rendered from their vector originals onto white and not changed otherwise.",
    "Each set, its author and its licence (SPDX identifier; CC-BY asks that the author be named, as is done here):",
    "",
    ...lines,
    "",
  ].join("\n");
}
