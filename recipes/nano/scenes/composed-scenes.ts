/** Several drawings in one picture: so many of one thing, or one thing beside another. */
import { type Picture, Random } from "flamingo-vlm/data";
import type { Cutout } from "../drawings/main-colours.ts";
import type { PicturedConcept } from "../drawings/picture-index.ts";
import { type Placement, placeOver } from "../drawings/placement.ts";
import type { Colour } from "../procedural/canvas.ts";

export type SceneKind = "count" | "side";

/** What a scene shows, from left to right. */
export interface ComposedScene {
  readonly id: string;
  readonly kind: SceneKind;
  readonly things: readonly { readonly concept: PicturedConcept; readonly drawing: string }[];
}

export const mostCounted = 5;

/** Raised whenever scenes of the same name come out differently. */
export const scenesRecipe = 1;

/** Scenes of a kind, always the same ones. @param things - what they are composed of */
export function composeScenes(kind: SceneKind, things: readonly PicturedConcept[], count: number): ComposedScene[] {
  return Array.from({ length: count }, (_, number) => {
    const random = new Random("scene", kind, number);
    if (kind === "side") {
      const pair = random.sample(things, 2).map((concept) => ({ concept, drawing: random.pick(concept.pictures).id }));
      return { id: `scene/side/${number}`, kind, things: pair };
    }
    const concept = random.pick(things);
    const drawing = random.pick(concept.pictures).id;
    return { id: `scene/count/${number}`, kind, things: Array.from({ length: 1 + (number % mostCounted) }, () => ({ concept, drawing })) };
  });
}

/** @param cutout - reads a drawing @param version - the same things, in other places and before another ground */
export async function renderScene(
  { id, kind, things }: ComposedScene,
  version: number,
  size: number,
  cutout: (drawing: string) => Promise<Cutout>,
): Promise<Picture> {
  const random = new Random("scene's places", id, version);
  const ground: Colour = random.chance(0.5) ? [255, 255, 255] : [random.integer(160, 255), random.integer(160, 255), random.integer(160, 255)];
  const picture: Picture = { width: size, height: size, data: Uint8ClampedArray.from({ length: size * size * 3 }, (_, i) => ground[i % 3]!) };
  const places = kind === "side" ? sidePlaces(random) : scattered(things.length, random);
  for (const [i, { drawing }] of things.entries()) placeOver(picture, await cutout(drawing), places[i]!);
  return picture;
}

const upright = { rotation: 0, mirrored: false, brightness: 1, ink: [0, 0, 0] } as const;

function sidePlaces(random: Random): Omit<Placement, "background">[] {
  return [-1, 1].map((side) => ({
    ...upright,
    scale: random.between(0.36, 0.48),
    shift: [side * random.between(0.22, 0.27), random.between(-0.22, 0.22)] as const,
  }));
}

/** Places in a grid of 2 x 2 or 3 x 3, each used once, a little off its middle. */
function scattered(count: number, random: Random): Omit<Placement, "background">[] {
  const cells = count > 4 || random.chance(0.4) ? 3 : 2;
  const scale = random.between(0.75, 0.95) / cells;
  const free = random.sample(
    Array.from({ length: cells * cells }, (_, cell) => cell),
    count,
  );
  const off = (): number => random.between(-0.5, 0.5) * (1 / cells - scale);
  return free.map((cell) => ({
    ...upright,
    scale,
    mirrored: random.chance(0.5),
    rotation: random.between(-0.2, 0.2),
    shift: [((cell % cells) + 0.5) / cells - 0.5 + off(), (Math.floor(cell / cells) + 0.5) / cells - 0.5 + off()] as const,
  }));
}
