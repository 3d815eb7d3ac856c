import type { z } from "zod";
import type { TextCorpus } from "../../data/nano/text-corpus.ts";
import { Random } from "../../data/random.ts";
import type { TrainingSource } from "../loop.ts";
import { batchFeeds, packRow } from "../text-batches.ts";
import type { SourceContext } from "./source.ts";
import type { nanoTextConfig } from "./source-config.ts";

type NanoTextConfig = z.output<typeof nanoTextConfig>;

/** Packed rows of the text corpus. */
export function nanoTextSource(config: NanoTextConfig, corpus: TextCorpus, { tokenizer, markers, seed }: SourceContext): TrainingSource {
  return {
    name: config.name,
    weight: config.weight,
    clipNorm: config.clipNorm,
    batch(step) {
      const phase = phaseAt(config.phases, step);
      const random = new Random(config.name, seed, step);
      const rows = Array.from({ length: phase.rows }, () => packRow(() => corpus.document(phase, random), phase.tokens, tokenizer, markers));
      return Promise.resolve({ ...batchFeeds(rows, tokenizer.special(markers.padding)) });
    },
  };
}

function phaseAt(phases: NanoTextConfig["phases"], step: number): NanoTextConfig["phases"][number] {
  let end = 0;
  for (const phase of phases) {
    end += phase.steps ?? Number.POSITIVE_INFINITY;
    if (step < end) return phase;
  }
  return phases.at(-1)!;
}
