import * as z from "zod";
import { measure } from "../metrics/metric.ts";
import { topK, topOneAndFive } from "../metrics/top-k.ts";
import { type Benchmark, opened, outputPrompt } from "./benchmark.ts";

const row = z.object({ label: z.string(), youtube_id: z.string(), time_start: z.coerce.number(), time_end: z.coerce.number() });

/** Kinetics-700-2020 (Smaira et al., 2020): which of 700 actions a clip shows. */
export const kinetics700: Benchmark = {
  name: "kinetics700",
  title: "Kinetics-700",
  splits: ["val"],
  maxTokens: 0,
  async open(files, split) {
    const [train, asked] = [await files.csv("train.csv", row), await files.csv(`${split}.csv`, row)];
    const labels = [...new Set([...train, ...asked].map(({ label }) => label))].sort();
    const choices = labels.map((label) => ` ${label}`);
    const about = ({ label, youtube_id: video, time_start: start, time_end: end }: z.output<typeof row>) => {
      const id = [video, ...[start, end].map((time) => String(time).padStart(6, "0"))].join("_");
      return {
        id,
        media: [{ kind: "video", path: files.at(`frames/${id}`) } as const],
        prompt: outputPrompt,
        answer: ` ${label}`,
        choices,
        truth: labels.indexOf(label),
      };
    };
    return opened(train.map(about), asked.map(about), (judged) => {
      const items = judged.map(({ answer, truth: right }) => ({ scores: answer.scores!, right }));
      return Object.fromEntries([topOneAndFive, topK(1), topK(5)].map((metric) => [metric.name, measure(metric, items)]));
    });
  },
};
