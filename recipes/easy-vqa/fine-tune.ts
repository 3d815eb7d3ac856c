import type { TrainingConfigInput } from "flamingo-vlm/train";
import nano from "../nano/model.ts";
import fusion from "./fusion.ts";

const questions = (name: string, pictures: readonly [number, number]) =>
  ({ kind: "module", name, module: "./questions.ts", options: { pictures, most: 1 }, rows: 16 }) as const;

/** What the questions about 200 pictures teach nano when its vision encoder is trained too, as the paper fine-tunes: an example is one picture with its question and answer. */
export default {
  ...fusion,
  name: "easy-vqa-fine-tuned",
  model: { ...nano, freeze: { vision: false } },
  data: [questions("200 pictures", [0, 200])],
  optimiser: { ...fusion.optimiser, learningRate: 3e-4, warmup: 20, rates: { vision: 0.1 } },
  validation: { data: [questions("others", [3500, 4000])], every: 50, patience: 3, shots: [4] },
  train: { steps: 400, seed: 1, saveEvery: 50 },
} satisfies TrainingConfigInput;
