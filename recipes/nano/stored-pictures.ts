/** Every picture that nano is trained on and that the frozen encoder sees once: drawings, scenes composed of them, parts of photographs, and what rules make. */
import { join, resolve } from "node:path";
import type { StoredPictures } from "flamingo-vlm/train";
import type { Cutout } from "./drawings/main-colours.ts";
import { type PicturedConcept, type PictureIndex, select } from "./drawings/picture-index.ts";
import { place, placementOf, placementRecipe } from "./drawings/placement.ts";
import { readCutout } from "./drawings/render.ts";
import { Crops, cropConcepts, cropsRecipe, isCrop } from "./photographs/crops.ts";
import type { Places } from "./prepared.ts";
import { proceduralConcepts, proceduralRecipe, renderProcedural } from "./procedural/procedural.ts";
import { type ComposedScene, composeScenes, renderScene, scenesRecipe } from "./scenes/composed-scenes.ts";

/** Every picture as it is, and two more of the kind: of drawings, one gently and one strongly changed. */
const versions = 3;

/** Hands and flags differ too little at this size. */
const storedDomains = new Set(["thing", "face", "person", "symbol", "glyph"]);

const scenesOfKind = 1000;

export interface TrainingPictures {
  readonly stored: StoredPictures;
  /** Concepts that may be trained on, by where their pictures come from. */
  readonly drawn: readonly PicturedConcept[];
  readonly procedural: readonly PicturedConcept[];
  readonly photographed: readonly PicturedConcept[];
  readonly scenes: readonly ComposedScene[];
}

export function trainingPictures({ packages, folder }: Places, index: PictureIndex): TrainingPictures {
  const drawn = select(index, "train", ({ use }) => use === "train").filter(({ domain }) => storedDomains.has(domain));
  const things = drawn.filter(({ domain }) => domain === "thing");
  const scenes = [...composeScenes("count", things, scenesOfKind), ...composeScenes("side", things, scenesOfKind)];
  // Of part "validation" too, to choose by.
  const chosenBy = select(index, "validation", ({ use }) => use === "train").filter(({ domain }) => storedDomains.has(domain));
  const domainOf = new Map([...drawn, ...chosenBy].flatMap(({ domain, pictures }) => pictures.map(({ id }): [string, string] => [id, domain])));
  const sceneOf = new Map(scenes.map((scene) => [scene.id, scene]));
  const crops = new Crops(resolve(packages));
  // Decoding costs more than placing, so drawings are kept for their other versions: about 260 kB each.
  const cutouts = new Map<string, Cutout>();
  const cutout = async (id: string): Promise<Cutout> => {
    const found = cutouts.get(id) ?? (await readCutout(join(resolve(folder), "pictures", `${id}.webp`)));
    cutouts.set(id, found);
    return found;
  };
  const idsOf = (concepts: readonly PicturedConcept[]): string[] => concepts.flatMap(({ pictures }) => pictures.map(({ id }) => id));
  return {
    drawn,
    procedural: proceduralConcepts,
    photographed: cropConcepts,
    scenes,
    stored: {
      ids: [...domainOf.keys(), ...idsOf(proceduralConcepts), ...idsOf(cropConcepts), ...sceneOf.keys()],
      versions,
      key: `placements ${placementRecipe}, procedural ${proceduralRecipe}, crops ${cropsRecipe}, scenes ${scenesRecipe}`,
      render: async (id, version, size) => {
        const domain = domainOf.get(id);
        if (domain !== undefined) return place(await cutout(id), placementOf(id, domain, version), size);
        const scene = sceneOf.get(id);
        if (scene !== undefined) return renderScene(scene, version, size, cutout);
        return isCrop(id) ? crops.render(id, version, size) : renderProcedural(id, version, size);
      },
    },
  };
}
