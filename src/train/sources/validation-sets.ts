/** What a run is measured with, made of samples that are held out or of data sets of its own. */
import type { TokenizedDocument } from "../../data/document.ts";
import { Random } from "../../data/random.ts";
import { ConfigError } from "../../model/strict-config.ts";
import type { MediaInput } from "../media-input.ts";
import type { ValidationSet } from "../validation.ts";
import { type Documents, documentParts } from "./document-batches.ts";
import type { SourceContext, SourceMedium } from "./source.ts";

export interface ValidationDocuments {
  readonly name: string;
  /** Rows of a batch. */
  readonly rows: number;
  readonly documents: Documents;
  /** What may be shown before a question. */
  readonly examples: Documents;
  readonly media: MediaInput | undefined;
}

/**
 * The sets of one data set: by itself, and with each number of shots.
 * @param longest - tokens that the language model reads
 * @throws ConfigError when there is nothing to look at, or examples do not fit
 */
export function validationSets(
  { name, rows, documents, examples, media }: ValidationDocuments,
  shots: readonly number[],
  longest: number,
  { tokenizer, markers, seed, attend }: SourceContext,
): readonly ValidationSet[] {
  if (documents.length === 0)
    throw new ConfigError(`nothing of "${name}" is held out to be looked at; name a larger "validation.share", or other data under "validation.data"`);
  const padding = tokenizer.special(markers.padding);
  return [0, ...shots].map((count) => {
    const asked = documents.map((document, i) => afterExamples(document, pickedFor(i, count, examples, seed)));
    const over = asked.find(({ tokens }) => tokens.length > longest + 1);
    if (over !== undefined)
      throw new ConfigError(
        `${count} examples of "${name}" and a question are ${over.tokens.length} tokens, and the language model reads ${longest}; leave ${count} out of "validation.shots"`,
      );
    const sorted = [...asked].sort((a, b) => a.tokens.length - b.tokens.length);
    const batches = Array.from({ length: Math.ceil(sorted.length / rows) }, (_, i) => sorted.slice(i * rows, (i + 1) * rows));
    return { name, shots: count, parts: batches.flatMap((batch) => documentParts(batch, { name, padding, media, microBatches: 1, attend })) };
  });
}

function pickedFor(question: number, count: number, examples: Documents, seed: number): Documents {
  return new Random("shots", seed, question).sample(examples, count);
}

/** One document after the others, of which nothing is asked. */
function afterExamples(document: TokenizedDocument<SourceMedium>, examples: Documents): TokenizedDocument<SourceMedium> {
  const tokens: number[] = [];
  const learnt: boolean[] = [];
  const mediaOf: number[] = [];
  const media: SourceMedium[] = [];
  for (const each of [...examples, document]) {
    const first = media.length;
    tokens.push(...each.tokens);
    learnt.push(...each.learnt.map((asked) => asked && each === document));
    mediaOf.push(...each.mediaOf.map((index) => (index === -1 ? first - 1 : index + first)));
    media.push(...each.media);
  }
  return { tokens, learnt, mediaOf, media };
}
