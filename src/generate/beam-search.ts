import type { Flamingo } from "../model/flamingo.ts";
import { ConfigError } from "../model/strict-config.ts";
import { rowsAtMost } from "./batch-size.ts";
import { type AnswerStart, defaultMaxTokens } from "./decode.ts";
import type { LanguageContext } from "./language-context.ts";
import { largest, logProbabilities } from "./log-probabilities.ts";
import { checkRange, ranges } from "./option-range.ts";

export interface BeamOptions {
  /** Hypotheses that are followed at once; at most 512, fewer where the model's keys and values of so many would take more than 4 GB, and no more than there are tokens. */
  readonly beams: number;
  /** A hypothesis scores the sum of its log-probabilities divided by its length to this power, its end counted: above 0 favours long ones. Default: 1. */
  readonly lengthPenalty?: number;
  /**
   * When the search is over, once as many hypotheses have ended as there are beams: `true`: at once; `false` (default, as in transformers): when the best of the step, divided by the length that it has now, scores no
   * more than the worst that ended; `"never"`: when it could not score more at any length, which with a penalty above 0 is the longest.
   */
  readonly earlyStopping?: boolean | "never";
  /** Default: 30. */
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

interface LiveHypothesis {
  readonly tokens: readonly number[];
  readonly logProbability: number;
  /** Of the context. */
  readonly row: number;
}

/** @throws ConfigError when an option is out of its range, or there are more beams than the model has tokens or memory has room */
export function checkBeams(network: Flamingo, { beams, lengthPenalty, earlyStopping = false, maxTokens = defaultMaxTokens }: BeamOptions): void {
  checkRange("beams", beams, ranges.beams);
  checkRange("lengthPenalty", lengthPenalty, ranges.lengthPenalty);
  checkRange("maxTokens", maxTokens, ranges.maxTokens);
  if (![true, false, "never"].includes(earlyStopping)) throw new ConfigError(`earlyStopping must be true, false or "never", found ${String(earlyStopping)}`);
  const { vocabulary, extraTokens } = network.config.language;
  if (beams > vocabulary + extraTokens)
    throw new ConfigError(
      `beams must be at most ${vocabulary + extraTokens}, found ${beams}: the model has no more tokens for different answers to begin with`,
    );
  const most = rowsAtMost(network, maxTokens);
  if (beams > most)
    throw new ConfigError(
      `beams must be at most ${most} with this model and answers of ${maxTokens} tokens, found ${beams}: keys and values of more take over 4 GB`,
    );
}

/**
 * The likeliest answers, best first; as transformers finds and orders them (`generate` of 4.46 with `num_beams` and as many returned sequences): a step follows the `beams` best continuations that do not end;
 * those that end are kept if they are among the step's `beams` best, and only as many as there are beams.
 */
export async function beamSearch(
  { context, logits, endOfChunk }: Omit<AnswerStart, "tokenizer">,
  { beams, lengthPenalty = 1, earlyStopping = false, maxTokens = defaultMaxTokens, signal }: BeamOptions,
): Promise<Hypothesis[]> {
  const score = (logProbability: number, length: number): number => logProbability / length ** lengthPenalty;
  const kept = new KeptHypotheses(beams);
  let live: LiveHypothesis[] = [{ tokens: [], logProbability: 0, row: 0 }];
  let scores = logits;
  let current: LanguageContext | undefined;
  try {
    for (let length = 1; ; length++) {
      signal?.throwIfAborted();
      const candidates = bestContinuations(live, scores, 2 * beams);
      for (const { tokens, token, logProbability } of candidates.slice(0, beams))
        if (token === endOfChunk) kept.add({ tokens, logProbability, score: score(logProbability, length) });
      const followed = candidates.filter(({ token }) => token !== endOfChunk).slice(0, beams);
      live = followed.map(({ tokens, token, logProbability }, row) => ({ tokens: [...tokens, token], logProbability, row }));
      // The best of the step may be one that has just ended: transformers reckons with it all the same.
      const attainable = score(candidates[0]!.logProbability, earlyStopping === "never" && lengthPenalty > 0 ? maxTokens : length);
      if (kept.full && (earlyStopping === true || kept.worst >= attainable)) return kept.bestFirst();
      if (length === maxTokens || live.length === 0) break;
      const rows = followed.map(({ row }) => row);
      if (current === undefined) current = await context.fork(rows);
      else await current.select(rows);
      const next = live.map(({ tokens }, row) => current!.continuation(row, tokens.slice(-1)));
      scores = await current.read(next, signal);
    }
  } finally {
    await current?.dispose();
  }
  for (const { tokens, logProbability } of live) kept.add({ tokens, logProbability, score: score(logProbability, tokens.length) });
  return kept.bestFirst();
}

/** @returns of all continuations of all hypotheses the likeliest, best first; of equal ones that of the better hypothesis. Of 2·beams at most `beams` can end, so that enough are left to follow. */
function bestContinuations(live: readonly LiveHypothesis[], scores: readonly Float32Array[], count: number): (LiveHypothesis & { readonly token: number })[] {
  return live
    .flatMap(({ tokens, logProbability, row }) => {
      const next = logProbabilities(scores[row]!);
      return largest(next, count).map((token) => ({ tokens, token, logProbability: logProbability + next[token]!, row }));
    })
    .filter(({ logProbability }) => logProbability > Number.NEGATIVE_INFINITY)
    .sort((a, b) => b.logProbability - a.logProbability)
    .slice(0, count);
}

/** The best hypotheses that are there so far. Of equal ones the later is the better, but does not drive out the earlier: so it is in transformers. */
class KeptHypotheses {
  private readonly most: number;
  /** In the order in which they came. */
  private readonly list: Hypothesis[] = [];

  constructor(most: number) {
    this.most = most;
  }

  get full(): boolean {
    return this.list.length === this.most;
  }

  get worst(): number {
    return Math.min(...this.list.map(({ score }) => score));
  }

  add(hypothesis: Hypothesis): void {
    if (this.full && hypothesis.score <= this.worst) return;
    if (this.full) {
      const { worst } = this;
      this.list.splice(
        this.list.findIndex(({ score }) => score === worst),
        1,
      );
    }
    this.list.push(hypothesis);
  }

  bestFirst(): Hypothesis[] {
    return this.list.toReversed().sort((a, b) => b.score - a.score);
  }
}
