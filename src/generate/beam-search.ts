import type { AnswerStart } from "./decode.ts";
import type { LanguageContext } from "./language-context.ts";
import { largest, logProbabilities } from "./log-probabilities.ts";

export interface BeamOptions {
  /** Hypotheses that are followed at once. */
  readonly beams: number;
  /** A hypothesis scores the sum of its log-probabilities divided by its length to this power: above 0 favours long ones. Default: 1. */
  readonly lengthPenalty?: number;
  readonly maxTokens?: number;
  readonly signal?: AbortSignal;
}

export interface Hypothesis {
  /** Without the end of the chunk. */
  readonly tokens: readonly number[];
  /** Sum over its tokens, the end of the chunk included where it came. */
  readonly logProbability: number;
  /** What hypotheses are compared by. */
  readonly score: number;
}

/**
 * The likeliest answers, best first. As the reference implementations do it: a step follows the `beams` best continuations that do not end; those that end are kept
 * if they are among the step's `beams` best; the search is over when no followed hypothesis can become better than the worst that is kept.
 */
export async function beamSearch(
  { context, logits, endOfChunk }: AnswerStart,
  { beams, lengthPenalty = 1, maxTokens = 30, signal }: BeamOptions,
): Promise<Hypothesis[]> {
  if (!(Number.isInteger(beams) && beams >= 1)) throw new Error(`beams must be a whole number of at least 1, found ${beams}`);
  const score = (logProbability: number, length: number): number => logProbability / length ** lengthPenalty;
  const finished: Hypothesis[] = [];
  let live: { tokens: readonly number[]; logProbability: number; row: number }[] = [{ tokens: [], logProbability: 0, row: 0 }];
  let scores = logits;
  let current: LanguageContext | undefined;
  try {
    for (let length = 1; length <= maxTokens; length++) {
      signal?.throwIfAborted();
      const candidates = live
        .flatMap(({ tokens, logProbability, row }) => {
          const next = logProbabilities(scores[row]!);
          // Of 2·beams candidates at most `beams` can end, so that enough are left to follow.
          return largest(next, 2 * beams).map((token) => ({ tokens, token, logProbability: logProbability + next[token]!, row }));
        })
        .sort((a, b) => b.logProbability - a.logProbability)
        .slice(0, 2 * beams);
      candidates.slice(0, beams).forEach(({ tokens, token, logProbability }) => {
        if (token === endOfChunk) finished.push({ tokens, logProbability, score: score(logProbability, length) });
      });
      finished.sort((a, b) => b.score - a.score).splice(beams);
      const followed = candidates.filter(({ token }) => token !== endOfChunk).slice(0, beams);
      live = followed.map(({ tokens, token, logProbability }, row) => ({ tokens: [...tokens, token], logProbability, row }));
      if (length === maxTokens) break;
      const reachable = score(live[0]!.logProbability, lengthPenalty > 0 ? maxTokens : length);
      if (finished.length === beams && finished.at(-1)!.score >= reachable) return finished;
      const rows = followed.map(({ row }) => row);
      if (current === undefined) current = await context.fork(rows);
      else await current.select(rows);
      const next = live.map(({ tokens }, row) => current!.continuation(row, tokens.slice(-1)));
      scores = await current.read(next, signal);
    }
  } finally {
    await current?.dispose();
  }
  const cut = live.map(({ tokens, logProbability }) => ({ tokens, logProbability, score: score(logProbability, tokens.length) }));
  return [...finished, ...cut].sort((a, b) => b.score - a.score).slice(0, beams);
}
