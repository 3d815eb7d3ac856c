import type { TrainingConfigInput } from "flamingo-vlm/train";
import fusion from "./fusion.ts";

/** What documents of "names and questions" are, relative to each other: a step costs what its tokens cost, and a name by itself takes fewer than a question with its answer. */
const mix = { caption: 20, whatQuestion: 0.6, kindQuestion: 0.8, nameQuestion: 1.2, colourQuestion: 0.8, livingQuestion: 0.2, foodQuestion: 0.2 };

/** In place of `fusion.ts`: two thirds of a step's documents are names by themselves, which are learnt slowest; new names, questions and sentences are few. */
export default {
  ...fusion,
  name: "small-names",
  data: fusion.data.map((source) => {
    switch (source.name) {
      case "new names":
        return { ...source, rows: 2, options: { ...source.options, blended: 0.5 } };
      case "names and questions":
        return { ...source, rows: 16, options: { ...source.options, mix } };
      default:
        return { ...source, rows: 1 };
    }
  }),
  optimiser: { ...fusion.optimiser, warmup: 50 },
  train: { ...fusion.train, steps: 1060 },
} satisfies TrainingConfigInput;
