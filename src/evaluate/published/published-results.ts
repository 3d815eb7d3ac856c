/** Figures that others published, for the benchmarks of this package, after so many examples. */
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

/** What was published of a benchmark. @param benchmark - as the command line has it: "vqav2" */
export function publishedOf(benchmark: string): PublishedFigures[] {
  return publishedModels.flatMap(({ figures, ...model }) => {
    const byShots = figures[benchmark];
    return byShots === undefined ? [] : [{ ...model, byShots }];
  });
}
