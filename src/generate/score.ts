import type { AnswerStart } from "./decode.ts";
import { logProbabilities } from "./log-probabilities.ts";

export interface ScoredChoice {
  readonly text: string;
  /** Natural logarithm of the probability of the whole text. */
  readonly logProbability: number;
  readonly tokens: number;
}

/**
 * How likely each continuation is. What they share is read once; the choices are read together.
 * @param complete - whether the text must be the whole answer: the end of the chunk is counted too
 */
export async function scoreChoices(
  { context, logits, tokenizer, endOfChunk }: AnswerStart,
  choices: readonly string[],
  complete: boolean,
  signal?: AbortSignal,
): Promise<ScoredChoice[]> {
  if (choices.length === 0) throw new Error("there are no choices to score");
  const texts = choices.map((text) => [...tokenizer.encode(text), ...(complete ? [endOfChunk] : [])]);
  const empty = choices.findIndex((_, i) => texts[i]!.length === 0);
  if (empty >= 0) throw new Error(`choice ${empty + 1} is empty`);
  const medium = context.mediaCount(0) - 1;
  const first = logProbabilities(logits);
  const longer = texts.flatMap((tokens, i) => (tokens.length > 1 ? [i] : []));
  const later = new Map<number, Float32Array>();
  if (longer.length > 0) {
    const rows = await context.fork(longer.map(() => 0));
    try {
      const inputs = longer.map((i) => texts[i]!.slice(0, -1));
      const scores = await rows.read(
        inputs.map((tokens) => ({ tokens, mediaOf: tokens.map(() => medium), media: [] })),
        "all",
        signal,
      );
      longer.forEach((i, row) => void later.set(i, scores[row]!));
    } finally {
      await rows.dispose();
    }
  }
  return choices.map((text, i) => {
    const [begin, ...rest] = texts[i]! as [number, ...number[]];
    const size = first.length;
    const logProbability = rest.reduce((sum, token, at) => sum + logProbabilities(later.get(i)!.subarray(at * size, (at + 1) * size))[token]!, first[begin]!);
    return { text, logProbability, tokens: texts[i]!.length };
  });
}
