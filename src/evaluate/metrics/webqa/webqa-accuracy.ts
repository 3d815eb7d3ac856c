import { itemMetric, type Metric } from "../metric.ts";
import { splitWords, strip } from "../python-text.ts";
import { colours, shapes, yesNo } from "./domains.ts";

export interface KeywordAnswer {
  readonly prediction: string;
  /** The words that an answer must hold. Of the public files the whole answer stands for them: the keywords are with the evaluation server. */
  readonly keywords: string;
  /** `color`, `shape`, `YesNo`, `number`; of all other kinds any word counts. */
  readonly category: string;
}

const domains: Readonly<Record<string, (words: readonly string[]) => readonly string[]>> = {
  color: within(colours),
  shape: within(shapes),
  YesNo: within(yesNo),
  number: (words) => words.filter((word) => /^\d+$/.test(word)).map((word) => String(BigInt(word))),
};

/**
 * WebQA's accuracy (Chang et al., 2022): how much of the keywords an answer holds (recall); of colours, shapes, numbers, yes and no the F1 of those alone. The other half of its score, fluency by BARTScore, needs BART.
 * @param lemma - the base form of a word: the official script has those of spaCy's `en_core_web_sm`. Default: the word
 */
export function webQaAccuracy(lemma: (word: string) => string = (word) => word): Metric<KeywordAnswer> {
  return itemMetric("WebQA accuracy", ({ prediction, keywords, category }) => {
    const domain = domains[category];
    const [said, right] = [prediction, keywords].map((text) => normalise(text).map(lemma)).map((words) => domain?.(words) ?? words) as [string[], string[]];
    const common = commonWords(said, right);
    if (common === 0) return 0;
    const recall = common / right.length;
    if (domain === undefined) return recall;
    const precision = common / said.length;
    return (2 * precision * recall) / (precision + recall + 1e-5);
  });
}

function within(domain: ReadonlySet<string>): (words: readonly string[]) => readonly string[] {
  return (words) => [...new Set(words)].filter((word) => domain.has(word));
}

/** Words that both have, each as often as both do. */
function commonWords(a: readonly string[], b: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of b) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of a) {
    const count = left.get(word) ?? 0;
    common += Number(count > 0);
    left.set(word, count - 1);
  }
  return common;
}

/** Lower case, without punctuation but decimal points, without articles unless there is nothing else, numbers as digits. */
function normalise(text: string): string[] {
  const lower = text.toLowerCase();
  if ([...strip(text)].length === 1) return splitWords(lower).map(asDigits);
  const plain = lower.replace(/[!-\-/:-@[-`{-~]/g, "").replace(/\.(?!\p{Nd})/gu, "");
  const withoutArticles = splitWords(text).length === 1 ? plain : plain.replace(/(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu, " ");
  return splitWords(withoutArticles).map(asDigits);
}

const smallNumbers = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
  " ",
);
const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const numbers = new Map([
  ...smallNumbers.map((word, number) => [word, String(number)] as const),
  ...tens.map((word, i) => [word, String(10 * (i + 2))] as const),
  ...Object.entries({ hundred: "100", thousand: "1000", million: "1000000", billion: "1000000000" }),
]);

/** A word for a number, as the package word2number reads single words. */
function asDigits(word: string): string {
  return /^\d+$/.test(word) ? String(BigInt(word)) : (numbers.get(word) ?? word);
}
