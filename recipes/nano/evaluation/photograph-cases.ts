import type { SuiteTask } from "flamingo-vlm/evaluate";
import type { PhotographIndex } from "../drawings/photographs.ts";
import type { PicturedConcept } from "../drawings/picture-index.ts";
import { bindingCases, bindingTasks, type OtherPictures } from "./cases.ts";

const sourceNames = { tuxpaint: "photographs of things", "endless-sky": "photographs of scenes" } as const;

/** Photographs of one class are all different things or places, so any may introduce any other. */
const allOthers: OtherPictures = ({ pictures }, asked) => pictures.filter(({ id }) => id !== asked.id);

/** An unseen domain: new names for classes of photographs (birds, fruit; beaches, cities). @param cases - questions per task */
export function photographTasks({ sources }: PhotographIndex, cases: number, seed: number): SuiteTask[] {
  return sources.flatMap(({ id, photographs }) => {
    const classes = [...Map.groupBy(photographs, (photograph) => photograph.class)].map(
      ([name, members]): PicturedConcept => ({
        id: name,
        name,
        kinds: [],
        words: [],
        colours: [],
        group: name,
        domain: "photograph",
        part: "heldOut",
        pictures: members.map(({ file }) => ({ id: file, style: id, colours: [] })),
      }),
    );
    return bindingTasks(`binding ${sourceNames[id]}`, [1, 2, 4], (ways, shots) => bindingCases(classes, ways, { cases, shots, seed }, allOthers));
  });
}
