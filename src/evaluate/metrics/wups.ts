import { captionTokens } from "./caption-tokens.ts";
import { itemMetric, type Metric } from "./metric.ts";
import type { WordNet } from "./wordnet/wordnet.ts";
import { wuPalmer } from "./wordnet/wu-palmer.ts";

export interface WordedAnswer {
  readonly prediction: string;
  /** The best counts. */
  readonly answers: readonly string[];
  /** Whether only the same words are right: NExT-QA's questions for a number or for yes or no. */
  readonly exact: boolean;
}

/** What NExT-QA's script leaves out. */
const stopWords = new Set(
  `a about again ain all am an and any are aren aren't as at ain be because been being but can couldn couldn't d did didn didn't do does doesn doesn't doing don don't during each for from further had hadn hadn't
  has hasn hasn't have haven haven't having he her here hers herself him himself his how i if into is isn isn't it it's its itself just ll m ma me mightn mightn't most mustn mustn't my myself needn needn't now o of
  only or other our ours ourselves own re s shan shan't she she's should should've shouldn shouldn't so some such t than that that'll the their theirs them themselves then there these they this those through to too until
  ve very was wasn wasn't we were weren weren't what when where which while who whom why will with won won't wouldn wouldn't y you you'd you'll you're you've your yours yourself yourselves`.split(
    /\s+/,
  ),
);

/**
 * WUPS of NExT-QA (Malinowski and Fritz, 2014): how near in meaning the answer's words are to the right one's, and those to it; the worse of both.
 * The official script finds base forms of words with the help of a tagger that knows parts of speech; here the ending decides. That changes what few answers score; {@link wordsSimilarity} itself is the script's.
 * @param threshold - similarities below count a tenth: 0 (no threshold) in the figure that papers print, or 0.9
 */
export function wups(wordNet: WordNet, threshold: 0 | 0.9 = 0): Metric<WordedAnswer> {
  return itemMetric(threshold === 0 ? "WUPS" : `WUPS@${threshold}`, ({ prediction, answers, exact }) => {
    const said = contentWords(prediction, wordNet);
    const scores = answers.map((answer) => {
      const right = contentWords(answer, wordNet);
      if (exact) return Number(said.join(" ") === right.join(" "));
      return Math.min(wordsSimilarity(said, right, wordNet, threshold), wordsSimilarity(right, said, wordNet, threshold));
    });
    return Math.max(...scores);
  });
}

/** Base forms of the words that mean something. */
function contentWords(text: string, wordNet: WordNet): string[] {
  return captionTokens(text)
    .map((word) => baseForm(word, wordNet))
    .filter((word) => !stopWords.has(word));
}

function baseForm(word: string, wordNet: WordNet): string {
  const shortest = (part: "noun" | "verb" | "adj"): string[] => wordNet.lemmas(word, part).toSorted((a, b) => a.length - b.length);
  const [verb] = shortest("verb");
  if (verb !== undefined && /(?:ing|ed)$/.test(word)) return verb;
  return shortest("noun")[0] ?? verb ?? shortest("adj")[0] ?? word;
}

/** The product over words of how near the nearest of the others is. Words that are near none are left out; 0 if all are. */
export function wordsSimilarity(words: readonly string[], others: readonly string[], wordNet: WordNet, threshold: number): number {
  const nearest = words.map((word) => Math.max(0, ...others.map((other) => similarity(word, other, wordNet, threshold)))).filter((each) => each > 0);
  return nearest.length === 0 ? 0 : nearest.reduce((product, each) => product * each, 1);
}

function similarity(word: string, other: string, wordNet: WordNet, threshold: number): number {
  if (word === other) return 1;
  const [a, b] = [wordNet.firstSynset(word), wordNet.firstSynset(other)];
  const near = (a && b && wuPalmer(a, b)) ?? 0;
  return near < threshold ? 0.1 * near : near;
}
