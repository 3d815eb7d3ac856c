import type { z } from "zod";
import type { TextCorpus } from "../../data/nano/text-corpus.ts";
import { Random } from "../../data/random.ts";
import type { TrainingSource } from "../loop.ts";
import { batchFeeds, packRow } from "../text-batches.ts";
import type { nanoTextConfig } from "./source-config.ts";
import type { SourceContext } from "./source.ts";

/** Packed rows of the text corpus. */
export function nanoTextSource(config: z.output<typeof nanoTextConfig>, corpus: TextCorpus, { tokenizer, markers, seed }: SourceContext): TrainingSource {
  return {
    name: config.name,
    weight: config.weight,
    batch(step) {
      const random = new Random(config.name, seed, step);
      const rows = Array.from({ length: config.rows }, () => packRow(() => corpus.document(config.mix, random), config.tokens, tokenizer, markers));
      return Promise.resolve({ ...batchFeeds(rows, tokenizer.special(markers.padding)) });
    },
  };
}
