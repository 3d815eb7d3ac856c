import { mostOfRow } from "./reading-steps.ts";

/** A prompt that waits to be read, as far as its turn depends on it. */
export interface WaitingPrompt {
  /** Prompts with the same one share what it holds. */
  readonly support: object | undefined;
  /** Tokens that it has to read itself. */
  readonly tokens: number;
  /** Pictures that it has to encode itself. */
  readonly media: number;
  /** What its answers take of a full batch. */
  readonly share: number;
  /** Whether it is to be read alone, since one of those that it was read with failed. */
  readonly alone: boolean;
}

/** What is being read and answered. */
export interface Occupation {
  /** Lanes in which something is being read. */
  readonly lanes: ReadonlySet<unknown>;
  /** Shares of full batches that answers with each support set take. */
  readonly shares: ReadonlyMap<object | undefined, number>;
}

/** What one support set may have of full batches: more rows make no product faster. */
const mostOfOne = 1;
/** What all may have together: so many crowds are answered at the same time, and beside each other. */
const mostOfAll = 4;
/** Pictures of a prompt that may be read beside others. */
const fewMedia = 2;
const longLane = "long";

/** Long prompts are read one after the other, in a lane of their own: those with the same support set that are short, beside them, together. */
export function laneOf({ support, tokens, media, alone }: WaitingPrompt): unknown {
  return alone || tokens > mostOfRow || media > fewMedia ? longLane : support;
}

/**
 * The prompts that are read next, together; none while nothing has its turn. It is the turn of the support set whose answers take least, within one of who came first. Nobody overtakes one that came before with the same
 * support set, except that short ones do not wait for long ones.
 * @param waiting - in the order in which they came
 * @param stepTokens - tokens of all rows together that are read in one step
 */
export function nextTogether<Prompt extends WaitingPrompt>(waiting: readonly Prompt[], { lanes, shares }: Occupation, stepTokens: number): Prompt[] {
  const used = (support: object | undefined): number => shares.get(support) ?? 0;
  let total = [...shares.values()].reduce((sum, share) => sum + share, 0);
  let first: Prompt | undefined;
  const asked = new Set<unknown>();
  for (const prompt of waiting) {
    const { support, share } = prompt;
    const lane = laneOf(prompt);
    // The first of its kind alone is asked, since the next ones come after it.
    const kind = lane === longLane ? prompt : lane;
    if (lanes.has(lane) || asked.has(kind)) continue;
    asked.add(kind);
    if (used(support) > 0 && used(support) + share > mostOfOne) continue;
    if (first === undefined || used(support) < used(first.support)) first = prompt;
  }
  if (first === undefined || (total > 0 && total + first.share > mostOfAll)) return [];
  const together = [first];
  const lane = laneOf(first);
  if (lane === longLane) return together;
  let own = used(first.support) + first.share;
  total += first.share;
  let longest = first.tokens;
  for (const prompt of waiting) {
    if (prompt === first || laneOf(prompt) !== lane) continue;
    longest = Math.max(longest, prompt.tokens);
    own += prompt.share;
    total += prompt.share;
    if ((together.length + 1) * longest > stepTokens || own > mostOfOne || total > mostOfAll) break;
    together.push(prompt);
  }
  return together;
}
