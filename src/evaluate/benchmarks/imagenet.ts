import { z } from "zod";
import { DataError } from "../../data/errors.ts";
import { measure } from "../metrics/metric.ts";
import { topK } from "../metrics/top-k.ts";
import { type Benchmark, opened, outputPrompt } from "./benchmark.ts";

const solution = z.object({ ImageId: z.string(), PredictionString: z.string() });
/** Examples of each class, as the paper has them at most. */
const perClass = 5;

/** ImageNet (Russakovsky et al., 2015) as its challenge is distributed today. Class names are the first of each line of `LOC_synset_mapping.txt`, or those of a `classnames.json` of yours. */
export const imagenet: Benchmark = {
  name: "imagenet",
  title: "ImageNet",
  splits: ["val"],
  maxTokens: 0,
  async open(files) {
    const lines = (await files.text("LOC_synset_mapping.txt")).split("\n").filter((line) => line.trim() !== "");
    const better = (await files.has("classnames.json")) ? await files.json("classnames.json", z.record(z.string(), z.string())) : {};
    const classes = lines.map((line) => line.slice(0, line.indexOf(" ")));
    const choices = lines.map(
      (line, i) =>
        ` ${
          better[classes[i]!] ??
          line
            .slice(line.indexOf(" ") + 1)
            .split(",")[0]!
            .trim()
        }`,
    );
    const about = (path: string, right: number) => ({
      id: path.slice(path.lastIndexOf("/") + 1),
      media: [{ kind: "image", path: files.at(path) } as const],
      prompt: outputPrompt,
      answer: choices[right]!,
      choices,
      truth: right,
    });
    const support = [];
    for (const [i, name] of classes.entries()) {
      const folder = `ILSVRC/Data/CLS-LOC/train/${name}`;
      support.push(...(await files.names(folder)).slice(0, perClass).map((file) => about(`${folder}/${file}`, i)));
    }
    const queries = (await files.csv("LOC_val_solution.csv", solution)).map(({ ImageId: image, PredictionString: found }) => {
      const right = classes.indexOf(found.split(" ")[0]!);
      if (right === -1)
        throw new DataError(`${files.at("LOC_val_solution.csv")}: ${image} has the class ${found.split(" ")[0]}, which LOC_synset_mapping.txt does not list`);
      return about(`ILSVRC/Data/CLS-LOC/val/${image}.JPEG`, right);
    });
    return opened(support, queries, (judged) => {
      const items = judged.map(({ answer, truth: right }) => ({ scores: answer.scores!, right }));
      return { "top-1": measure(topK(1), items), "top-5": measure(topK(5), items) };
    });
  },
};
