/** Classification without examples: a picture is of the class whose name is most like it (Radford et al., 2021). */
import { DataError } from "../../data/errors.ts";
import { meanOf, unit } from "../../retrieve/vectors.ts";
import { type Measures, measure } from "../metrics/metric.ts";
import { topK } from "../metrics/top-k.ts";
import type { PairModel } from "./pair-model.ts";
import { similarity } from "./similarity.ts";

/** What stands for the name of a class in a template. */
const place = "{}";

/** The paper's. */
export const defaultTemplates = ["A photo of a {}."] as const;

/** Pictures of known classes. */
export interface ClassifiedPictures {
  readonly classes: readonly string[];
  readonly pictures: readonly { readonly path: string /** Index of its class. */; readonly right: number }[];
}

/** @throws DataError when there is no template, or one has no place for the name */
export function checkTemplates(templates: readonly string[], name: string): void {
  const without = templates.find((template) => !template.includes(place));
  if (templates.length === 0 || without !== undefined)
    throw new DataError(
      `${name}: ${without === undefined ? "it holds no template" : `"${without}" has no ${place} for the name of a class`}; write one per line, such as "${defaultTemplates[0]}"`,
    );
}

/** CLIP's ensemble: a class is the mean of its name in all templates. @returns a vector of length 1 of each class */
export async function classVectors(model: Pick<PairModel, "embedTexts">, classes: readonly string[], templates: readonly string[]): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (const name of classes) vectors.push(unit(meanOf(await model.embedTexts(templates.map((template) => template.replaceAll(place, name))))));
  return vectors;
}

/** Top-1 and top-5. @param seen - told how many pictures are done */
export async function zeroShot(
  model: Pick<PairModel, "embedPictures" | "embedTexts">,
  { classes, pictures }: ClassifiedPictures,
  templates: readonly string[],
  seen?: (done: number) => void,
): Promise<Measures> {
  const named = await classVectors(model, classes, templates);
  const shown = await model.embedPictures(
    pictures.map(({ path }) => path),
    seen,
  );
  const items = pictures.map(({ right }, i) => ({ scores: named.map((name) => similarity(shown[i]!, name)), right }));
  return { "top-1": measure(topK(1), items), ...(classes.length > 5 ? { "top-5": measure(topK(5), items) } : {}) };
}
