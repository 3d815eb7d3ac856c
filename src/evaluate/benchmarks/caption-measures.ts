import { bleu } from "../metrics/bleu.ts";
import { captionsTokens } from "../metrics/caption-tokens.ts";
import { ciderMetric } from "../metrics/cider.ts";
import type { Measures } from "../metrics/metric.ts";
import { measure } from "../metrics/metric.ts";
import { rougeL } from "../metrics/rouge-l.ts";
import type { Judged } from "./benchmark.ts";

/** Figures of captions; the first is the one that papers print. Document frequencies of CIDEr are those of the references asked for, so it can be compared over a whole split alone. @param judged - with each caption's references */
export function captionMeasures(judged: readonly Judged<readonly string[]>[]): Measures {
  const candidates = captionsTokens(judged.map(({ answer }) => answer.text));
  const references = captionsTokens(judged.flatMap(({ truth }) => truth));
  let used = 0;
  const pairs = judged.map(({ truth }, i) => {
    used += truth.length;
    return { candidate: candidates[i]!, references: references.slice(used - truth.length, used) };
  });
  const lengths = [1, 2, 3, 4] as const;
  return {
    CIDEr: measure(ciderMetric, pairs),
    ...Object.fromEntries(lengths.map((length) => [`BLEU-${length}`, measure(bleu(length), pairs)])),
    "ROUGE-L": measure(rougeL, pairs),
  };
}
