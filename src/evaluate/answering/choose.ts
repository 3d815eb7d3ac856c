/** Which of given choices a server means, where it does not say how likely each is. */

/** A token that might have come first, with the natural logarithm of its probability. */
export interface FirstToken {
  readonly token: string;
  readonly logprob: number;
}

/** What OpenAI's servers say of what is next to impossible. */
const veryUnlikely = -9999;

/**
 * The likelihood of each choice's first token.
 * @returns undefined where that does not tell choices apart: none of them begins as a listed token does, or two of them do
 */
export function firstTokenScores(choices: readonly string[], listed: readonly FirstToken[]): number[] | undefined {
  const texts = choices.map(plain);
  const shares = texts.map(() => 0);
  for (const { token, logprob } of listed) {
    const begun = plain(token);
    const meant = begun === "" ? [] : texts.flatMap((text, i) => (text.startsWith(begun) ? [i] : []));
    if (meant.length > 1) return undefined;
    for (const i of meant) shares[i]! += Math.exp(logprob);
  }
  return shares.every((share) => share === 0) ? undefined : shares.map((share) => (share === 0 ? veryUnlikely : Math.log(share)));
}

/** The choice that a text says: the whole of it, else the one that it begins with, else the only one that occurs in it as a word. */
export function saidChoice(choices: readonly string[], said: string): number | undefined {
  const text = plain(said);
  const texts = choices.map(plain);
  const whole = texts.indexOf(text);
  if (whole >= 0) return whole;
  const longest = (found: readonly number[]): number | undefined =>
    found.reduce<number | undefined>((best, i) => (best === undefined || texts[i]!.length > texts[best]!.length ? i : best), undefined);
  const begun = longest(texts.flatMap((choice, i) => (choice !== "" && ` ${text} `.startsWith(` ${choice} `) ? [i] : [])));
  if (begun !== undefined) return begun;
  const within = texts.flatMap((choice, i) => (choice !== "" && ` ${text} `.includes(` ${choice} `) ? [i] : []));
  return within.length === 1 ? within[0] : undefined;
}

/** Without case, punctuation and doubled blanks. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s'-]/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
}
