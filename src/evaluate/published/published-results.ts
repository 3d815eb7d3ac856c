/** Figures that others published, for the benchmarks of this package, after so many examples. */
import { benchmarks } from "../benchmarks/benchmarks.ts";
import { flamingoResults } from "./flamingo-results.ts";
import { idefics, ideficsInstruct } from "./idefics-results.ts";
import { openFlamingoResults } from "./open-flamingo-results.ts";
import type { PublishedModel } from "./published-model.ts";
import { smallModels } from "./small-model-results.ts";

/** The models that few-shot results are compared with. */
export const publishedModels: readonly PublishedModel[] = [...flamingoResults, ...openFlamingoResults, ...idefics, ...ideficsInstruct, ...smallModels];

/** A model's figures of one benchmark. */
export interface PublishedFigures extends Omit<PublishedModel, "figures"> {
  readonly byShots: Readonly<Record<number, number>>;
}

/** What was published of a benchmark. @param title - as papers write it, and results call its task: "VQAv2" */
export function publishedOf(title: string): PublishedFigures[] {
  const name = benchmarks.find((each) => each.title === title)?.name;
  return publishedModels.flatMap(({ figures, ...model }) => {
    const byShots = name === undefined ? undefined : figures[name];
    return byShots === undefined ? [] : [{ ...model, byShots }];
  });
}
