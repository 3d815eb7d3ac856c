import { measure } from "../metrics/metric.ts";
import { openFlamingoVqaAccuracy, vqaAccuracy } from "../metrics/vqa/vqa-accuracy.ts";
import { type Benchmark, opened } from "./benchmark.ts";
import { asAnswered, readVqa } from "./vqa-files.ts";

const annotations = (images: string): string => `v2_mscoco_${images}_annotations.json`;
const questions = (images: string): string => `v2_OpenEnded_mscoco_${images}_questions.json`;

/** VQAv2 (Goyal et al., 2017). The paper's split is test-dev, whose answers the evaluation server keeps. */
export const vqav2: Benchmark = {
  name: "vqav2",
  title: "VQAv2",
  splits: ["val", "test-dev"],
  maxTokens: 10,
  async open(files, split) {
    const queries =
      split === "val"
        ? readVqa(files, "val2014", questions("val2014"), annotations("val2014"))
        : readVqa(files, "test2015", questions("test-dev2015"), undefined);
    const support = await readVqa(files, "train2014", questions("train2014"), annotations("train2014"));
    return opened(support, await queries, (judged) => ({
      accuracy: measure(vqaAccuracy, judged.map(asAnswered)),
      ...Object.fromEntries(
        [...Map.groupBy(judged, ({ truth }) => truth.kind)].map(([kind, of]) => [`accuracy, ${kind}`, measure(vqaAccuracy, of.map(asAnswered))]),
      ),
      "as OpenFlamingo": measure(openFlamingoVqaAccuracy, judged.map(asAnswered)),
    }));
  },
};
