import type { Concept } from "../things/concept.ts";
import type { SplitPart } from "../things/split.ts";
import { type DrawingStyle, drawingStyle } from "./styles.ts";

/** One drawing, rendered. */
export interface IndexedPicture {
  /** `noto/red-apple`: also its path below `pictures/`, without `.webp`. */
  readonly id: string;
  readonly style: string;
  /** Main colours of this drawing, largest area first. */
  readonly colours: readonly string[];
}

/** A concept with its drawings. */
export interface PicturedConcept extends Concept {
  readonly group: string;
  readonly domain: string;
  readonly part: SplitPart;
  readonly pictures: readonly IndexedPicture[];
}

/** A class of pictures that nothing is called, so that it can only be given a new name: pictures `ID/0` to `ID/COUNT-1`, of which none is a copy of another. */
export function namelessConcept(id: string, domain: "procedural" | "photograph", count: number): PicturedConcept {
  const pictures = Array.from({ length: count }, (_, i) => ({ id: `${id}/${i}`, style: domain, colours: [] }));
  return { id, name: "", kinds: [], words: [], colours: [], group: id, domain, part: "train", pictures };
}

/** `data/nano/pictures.json`: everything that there is to show. The drawings lie beside it as `pictures/<id>.webp`, square, transparent where nothing is drawn. */
export interface PictureIndex {
  readonly format: 1;
  /** Edge of the drawings in pixels. */
  readonly size: number;
  readonly concepts: readonly PicturedConcept[];
}

/** @throws when the value is not such an index */
export function readPictureIndex(value: unknown, name: string): PictureIndex {
  const index = value as Partial<PictureIndex> | null;
  if (typeof index !== "object" || index === null || index.format !== 1 || !Array.isArray(index.concepts)) {
    throw new Error(`${name} is not an index of pictures in format 1; build it again with "flamingo data nano"`);
  }
  return index as PictureIndex;
}

/** The concepts of one part with the drawings whose style passes; those left without a drawing are dropped. */
export function select(index: PictureIndex, part: SplitPart, style: (style: DrawingStyle) => boolean): PicturedConcept[] {
  return index.concepts
    .filter((concept) => concept.part === part)
    .map((concept) => ({ ...concept, pictures: concept.pictures.filter((picture) => style(drawingStyle(picture.style))) }))
    .filter(({ pictures }) => pictures.length > 0);
}
