import { measure } from "../metrics/metric.ts";
import { openFlamingoVqaAccuracy, vqaAccuracy } from "../metrics/vqa/vqa-accuracy.ts";
import { type Benchmark, opened } from "./benchmark.ts";
import { readVqa, type VqaTruth } from "./vqa-files.ts";

/** OK-VQA 1.1 (Marino et al., 2019): its answers are stems of what people wrote, so answers of a model are stemmed in the same way. */
export const okvqa: Benchmark = {
  name: "okvqa",
  title: "OK-VQA",
  splits: ["val"],
  maxTokens: 10,
  async open(files) {
    const read = (images: string) => readVqa(files, images, `OpenEnded_mscoco_${images}_questions.json`, `mscoco_${images}_annotations.json`);
    const [support, queries] = [await read("train2014"), await read("val2014")];
    const stem = stemsOf([...support, ...queries].flatMap(({ truth }) => truth?.answers ?? []));
    return opened(support, queries, (judged) => {
      const items = judged.map(({ answer, truth }) => ({ prediction: stem(answer.text), answers: truth.answers }));
      return { accuracy: measure(vqaAccuracy, items), "as OpenFlamingo": measure(openFlamingoVqaAccuracy, items) };
    });
  },
};

/** How the data set's own answers were stemmed: whole answers as written there, else word by word. OpenFlamingo stems with NLTK's tagger instead, whose weights are not ours to bring. */
export function stemsOf(answers: VqaTruth["answers"]): (answer: string) => string {
  const whole = new Map<string, string>();
  const single = new Map<string, string>();
  for (const { raw, answer } of answers) {
    if (raw === undefined) continue;
    whole.set(raw.toLowerCase(), answer);
    const [written, stems] = [raw.toLowerCase().split(" "), answer.split(" ")];
    if (written.length === stems.length) written.forEach((word, i) => single.set(word, stems[i]!));
  }
  return (answer) => {
    const plain = answer.trim().toLowerCase();
    return (
      whole.get(plain) ??
      plain
        .split(" ")
        .map((word) => single.get(word) ?? word)
        .join(" ")
    );
  };
}
