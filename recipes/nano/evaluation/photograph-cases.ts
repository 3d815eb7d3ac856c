import { Random } from "flamingo-vlm/data";
import type { EvaluationCase, SuiteTask } from "flamingo-vlm/evaluate";
import type { Photograph, PhotographIndex } from "../drawings/photographs.ts";
import type { PicturedConcept } from "../drawings/picture-index.ts";
import { withArticle } from "../things/concept.ts";
import { bindingCases, bindingTasks, type OtherPictures } from "./cases.ts";
import { classifierBaseline } from "./classifier-baseline.ts";
import { firstName, sceneLabels, thingLabels, type Verdict, verdictOf } from "./photograph-names.ts";
import unsurePhotographs from "./unsure-photographs.json" with { type: "json" };

const sourceNames = { tuxpaint: "photographs of things", "endless-sky": "photographs of scenes" } as const;

/** Photographs of one class are all different things or places, so any may introduce any other. */
const allOthers: OtherPictures = ({ pictures }, asked) => pictures.filter(({ id }) => id !== asked.id);

/** An unseen domain: photographs are named, and new names are given to classes of them (birds, fruit; beaches, cities). @param cases - questions per task */
export function photographTasks(index: PhotographIndex, cases: number, seed: number): SuiteTask[] {
  return [...photographNamingTasks(index, cases, seed), ...photographBindingTasks(index, cases, seed)];
}

function photographBindingTasks({ sources }: PhotographIndex, cases: number, seed: number): SuiteTask[] {
  return sources.flatMap(({ id, photographs }) => {
    const classes = [...Map.groupBy(photographs.filter(hasClass), (photograph) => photograph.class)].map(
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

function hasClass(photograph: Photograph): photograph is Photograph & { readonly class: string } {
  return photograph.class !== undefined;
}

/** Each photograph is asked about once at most, without examples. */
function photographNamingTasks({ sources }: PhotographIndex, cases: number, seed: number): SuiteTask[] {
  const files = sources.flatMap(({ photographs }) => photographs.map(({ file }) => file));
  const unsure = new Set<string>(unsurePhotographs.photographs);
  const tasks: readonly { readonly name: string; readonly asked: (file: string) => boolean; readonly right: readonly Verdict[] }[] = [
    { name: "naming photographs of things", asked: (file) => thingLabels.has(file), right: ["right"] },
    { name: "naming photographs of scenes", asked: (file) => sceneLabels.has(file), right: ["right"] },
    // There it is right to say so.
    { name: "naming unsure photographs", asked: (file) => unsure.has(file), right: ["right", "unsure"] },
  ];
  return tasks.flatMap(({ name, asked, right }) => {
    const photographs = new Random(name, seed).sample(files.filter(asked), cases);
    if (photographs.length === 0) return [];
    const is =
      (...verdicts: readonly Verdict[]) =>
      (answer: string, { query }: EvaluationCase): boolean =>
        verdicts.includes(verdictOf(answer, query.media[0]!.path));
    return {
      name,
      shots: 0,
      chance: 0,
      cases: photographs.map((id) => ({ shots: [], query: { id, media: [{ kind: "image", path: id }], prompt: "", answer: withArticle(firstName(id)) } })),
      isRight: is(...right),
      counts: { "not sure": is("unsure"), "wrong and below class level": is("narrow") },
      baselines: classifierBaseline,
    };
  });
}
