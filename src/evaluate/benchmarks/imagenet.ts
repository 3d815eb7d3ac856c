import * as z from "zod";
import { DataError } from "../../data/errors.ts";
import { measure } from "../metrics/metric.ts";
import { topK } from "../metrics/top-k.ts";
import { type Benchmark, opened, outputPrompt } from "./benchmark.ts";
import type { BenchmarkFiles } from "./benchmark-files.ts";

const solution = z.object({ ImageId: z.string(), PredictionString: z.string() });
/** Examples of each class, as the paper has them at most. */
const perClass = 5;

interface ImagenetFiles {
  /** WordNet's names of the classes, as folders are called. */
  readonly synsets: readonly string[];
  readonly names: readonly string[];
  /** Of the validation set, each with the index of its class. */
  readonly pictures: readonly { readonly path: string; readonly right: number }[];
}

/** Class names are the first of each line of `LOC_synset_mapping.txt`, or those of a `classnames.json` of yours. @throws DataError when a file is missing or of another form */
export async function readImagenet(files: BenchmarkFiles): Promise<ImagenetFiles> {
  const lines = (await files.text("LOC_synset_mapping.txt")).split("\n").filter((line) => line.trim() !== "");
  const better = (await files.has("classnames.json")) ? await files.json("classnames.json", z.record(z.string(), z.string())) : {};
  const synsets = lines.map((line) => line.slice(0, line.indexOf(" ")));
  const first = (line: string): string =>
    line
      .slice(line.indexOf(" ") + 1)
      .split(",")[0]!
      .trim();
  const pictures = (await files.csv("LOC_val_solution.csv", solution)).map(({ ImageId: image, PredictionString: found }) => {
    const right = synsets.indexOf(found.split(" ")[0]!);
    if (right === -1)
      throw new DataError(`${files.at("LOC_val_solution.csv")}: ${image} has the class ${found.split(" ")[0]}, which LOC_synset_mapping.txt does not list`);
    return { path: `ILSVRC/Data/CLS-LOC/val/${image}.JPEG`, right };
  });
  return { synsets, names: lines.map((line, i) => better[synsets[i]!] ?? first(line)), pictures };
}

/** ImageNet (Russakovsky et al., 2015) as its challenge is distributed today. */
export const imagenet: Benchmark = {
  name: "imagenet",
  title: "ImageNet",
  splits: ["val"],
  maxTokens: 0,
  async open(files) {
    const { synsets, names, pictures } = await readImagenet(files);
    const choices = names.map((name) => ` ${name}`);
    const about = (path: string, right: number) => ({
      id: path.slice(path.lastIndexOf("/") + 1),
      media: [{ kind: "image", path: files.at(path) } as const],
      prompt: outputPrompt,
      answer: choices[right]!,
      choices,
      truth: right,
    });
    const support = [];
    for (const [i, name] of synsets.entries()) {
      const folder = `ILSVRC/Data/CLS-LOC/train/${name}`;
      support.push(...(await files.names(folder)).slice(0, perClass).map((file) => about(`${folder}/${file}`, i)));
    }
    const queries = pictures.map(({ path, right }) => about(path, right));
    return opened(support, queries, (judged) => {
      const items = judged.map(({ answer, truth: right }) => ({ scores: answer.scores!, right }));
      return { "top-1": measure(topK(1), items), "top-5": measure(topK(5), items) };
    });
  },
};
