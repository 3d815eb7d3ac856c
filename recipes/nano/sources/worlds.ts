/** What nano's pictures are drawn from, in episodes and in pairs. */
import type { Random, ShowProgress } from "flamingo-vlm/data";
import type { StoredPictures } from "flamingo-vlm/train";
import * as z from "zod";
import { type ClassConcept, classConcepts, isClassConcept, unsureConcepts } from "../classes/class-concepts.ts";
import { readAlikeness } from "../classes/class-vectors.ts";
import { EvidenceDrawer } from "../classes/draw-evidence.ts";
import type { PicturedConcept } from "../drawings/picture-index.ts";
import { blendedWorld } from "../episodes/blended-world.ts";
import type { World } from "../episodes/episodes.ts";
import { evidenceWorld, type TrainingMedium } from "../episodes/evidence-world.ts";
import { picturedWorld } from "../episodes/pictured-world.ts";
import { placesConfig, preparedDrawings } from "../prepared.ts";
import type { ComposedScene } from "../scenes/composed-scenes.ts";
import { trainingPictures } from "../stored-pictures.ts";
import type { Concept } from "../things/concept.ts";
import { noneDrawn, share, someDrawn } from "./episode-options.ts";

export const worldsConfig = placesConfig.extend({
  /** Weights of the frozen encoder, whose classifier tells what it takes for what. */
  vision: z.string().default("models/nano/vision.safetensors"),
  /** How often each world is drawn from, relative to the others. `all` shows everything beside each other. */
  worlds: z
    .strictObject({
      drawings: share.default(0),
      glyphs: share.default(0),
      procedural: share.default(0),
      photographs: share.default(0),
      classes: share.default(0),
      all: share.default(0),
    })
    .refine(someDrawn, noneDrawn),
  /** How often things are blended with others. */
  blended: z.number().min(0).max(1).default(0),
  /** How often a little of any other picture is mixed into one: what it shows stays what it is, and cannot be learnt by heart. */
  disturbed: z.number().min(0).max(1).default(0),
  /** How often a picture is shown as it is; otherwise it is one of its changed versions. */
  plain: z.number().min(0).max(1).default(0.5),
});
export type WorldsOptions = z.output<typeof worldsConfig>;
type WorldName = keyof WorldsOptions["worlds"];

export interface TrainingWorlds {
  readonly stored: StoredPictures;
  readonly scenes: readonly ComposedScene[];
  /** A world for one document. */
  draw(random: Random): World<TrainingMedium>;
  /** A picture that is in the store as it is, or changed. */
  shown(id: string, random: Random): TrainingMedium;
}

export async function openWorlds({ vision, worlds, blended, disturbed, plain, ...places }: WorldsOptions, show: ShowProgress): Promise<TrainingWorlds> {
  const index = await preparedDrawings(places, show);
  const { stored, drawn, procedural, photographed, scenes } = trainingPictures(places, index);
  const drawer = new EvidenceDrawer(await readAlikeness(vision));
  const glyphs = drawn.filter(({ domain }) => domain === "glyph");
  const drawings = drawn.filter(({ domain }) => domain !== "glyph");
  const classes = [...classConcepts, ...unsureConcepts];
  const everything: readonly (PicturedConcept | ClassConcept)[] = [...drawn, ...procedural, ...photographed, ...classConcepts];
  const pictured = [...drawn, ...procedural, ...photographed];
  const grounds = [...procedural, ...photographed, ...photographed];

  const shown = (id: string, random: Random): TrainingMedium => {
    const version = random.chance(plain) ? 0 : random.integer(1, stored.versions - 1);
    if (!random.chance(disturbed)) return { stored: id, version };
    return { stored: id, version, blend: { stored: random.pick(stored.ids), version: 0, share: 0.25 * random.next() } };
  };
  const coloursOf = new Map(pictured.flatMap(({ pictures }) => pictures.map(({ id, colours }) => [id, colours] as const)));
  const seen = (concepts: readonly PicturedConcept[]): World<TrainingMedium> => {
    const world = picturedWorld(concepts);
    return { concepts, picture: (concept, random) => shown(world.picture(concept, random).id, random), colours: ({ stored: id }) => coloursOf.get(id)! };
  };
  const said = (concepts: readonly ClassConcept[]): World<TrainingMedium> =>
    evidenceWorld(concepts, drawer, grounds, stored.ids, stored.versions) as World<TrainingMedium>;
  const opened: Readonly<Record<WorldName, () => World<TrainingMedium>>> = {
    drawings: () => seen(drawings),
    glyphs: () => seen(glyphs),
    procedural: () => seen(procedural),
    photographs: () => seen(photographed),
    classes: () => said(classes),
    all: () => {
      const [byEye, byClass] = [seen(pictured), said(classConcepts)];
      return { ...byEye, concepts: everything, picture: (concept: Concept, random) => (isClassConcept(concept) ? byClass : byEye).picture(concept, random) };
    },
  };
  return {
    stored,
    scenes,
    shown,
    draw(random) {
      const world = opened[random.weighted(Object.entries(worlds) as [WorldName, number][])]();
      return random.chance(blended) ? blendedWorld(world, random) : world;
    },
  };
}
