import { bleu } from "../metrics/bleu.ts";
import { captionsTokens } from "../metrics/caption-tokens.ts";
import { ciderMetric } from "../metrics/cider.ts";
import { type MeteorCounts, type MeteorPair, meteor } from "../metrics/meteor/meteor.ts";
import { openMeteorFiles } from "../metrics/meteor/meteor-files.ts";
import { type Measures, type Metric, measure } from "../metrics/metric.ts";
import { rougeL } from "../metrics/rouge-l.ts";
import type { Judged } from "./benchmark.ts";
import type { BenchmarkFiles } from "./benchmark-files.ts";

/** Judges captions. Where METEOR's own files are in the folder `meteor`, by METEOR too: the jar with its word lists, and `data/paraphrase-en.gz`. @param references - of all questions */
export async function captionJudge(
  files: BenchmarkFiles,
  references: readonly (readonly string[])[],
): Promise<(judged: readonly Judged<readonly string[]>[]) => Measures> {
  if (!(await files.has("meteor/meteor-1.5.jar"))) return captionMeasures;
  const { thesaurus, abbreviations } = await openMeteorFiles((name) => files.bytes(`meteor/${name}`), captionsTokens(references.flat()).map(joined));
  const metric = meteor(thesaurus, abbreviations);
  return (judged) => measuresOf(judged, metric);
}

/** Figures of captions; the first is the one that papers print. Document frequencies of CIDEr are those of the references asked for, so it can be compared over a whole split alone. @param judged - with each caption's references */
export function captionMeasures(judged: readonly Judged<readonly string[]>[]): Measures {
  return measuresOf(judged);
}

function measuresOf(judged: readonly Judged<readonly string[]>[], meteorMetric?: Metric<MeteorPair, MeteorCounts>): Measures {
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
    ...(meteorMetric === undefined
      ? {}
      : {
          METEOR: measure(
            meteorMetric,
            pairs.map((pair) => ({ candidate: joined(pair.candidate), references: pair.references.map(joined) })),
          ),
        }),
    "ROUGE-L": measure(rougeL, pairs),
  };
}

function joined(words: readonly string[]): string {
  return words.join(" ");
}
