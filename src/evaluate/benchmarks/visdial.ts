import * as z from "zod";
import { measure } from "../metrics/metric.ts";
import { ndcg } from "../metrics/ndcg.ts";
import { retrievalRecall } from "../metrics/retrieval-recall.ts";
import { type Benchmark, opened, questionPrompt } from "./benchmark.ts";
import type { BenchmarkFiles } from "./benchmark-files.ts";

const round = z.object({
  question: z.number(),
  answer: z.number().optional(),
  answer_options: z.array(z.number()).optional(),
  gt_index: z.number().optional(),
});
const file = z.object({
  data: z.object({
    questions: z.array(z.string()),
    answers: z.array(z.string()),
    dialogs: z.array(z.object({ image_id: z.number(), caption: z.string(), dialog: z.array(round).min(1) })),
  }),
});
type Dialogs = z.output<typeof file>["data"];
const dense = z.array(z.object({ image_id: z.number(), round_id: z.number(), gt_relevance: z.array(z.number()) }));

/** VisDial 1.0 (Das et al., 2017): in each dialog one question, whose 100 candidate answers people have judged. Longer prompts than those of 16 examples the paper's models could not read. */
export const visdial: Benchmark = {
  name: "visdial",
  title: "VisDial",
  splits: ["val"],
  maxTokens: 0,
  mostShots: 16,
  async open(files) {
    const { data: train } = await files.json("visdial_1.0_train.json", file);
    const { data } = await files.json("visdial_1.0_val.json", file);
    const support = [];
    for (const dialog of train.dialogs) support.push(turn(train, dialog, dialog.dialog.length, await trainPicture(files, dialog.image_id)));
    const dialogs = new Map(data.dialogs.map((dialog) => [dialog.image_id, dialog]));
    const queries = (await files.json("visdial_1.0_val_dense_annotations.json", dense)).flatMap(
      ({ image_id: image, round_id: at, gt_relevance: relevance }) => {
        const dialog = dialogs.get(image);
        const options = dialog?.dialog[at - 1]?.answer_options;
        if (dialog === undefined || options === undefined || !relevance.some((each) => each > 0)) return [];
        const picture = files.at(`VisualDialog_val2018/VisualDialog_val2018_${String(image).padStart(12, "0")}.jpg`);
        const right = dialog.dialog[at - 1]!.gt_index;
        return [{ ...turn(data, dialog, at, picture), choices: options.map((option) => ` ${data.answers[option]!}`), truth: { relevance, right } }];
      },
    );
    return opened(support, queries, (judged) => {
      const found = judged.flatMap(({ answer, truth: { right } }) => (right === undefined ? [] : [{ scores: answer.scores!, right: [right] }]));
      return {
        NDCG: measure(
          ndcg,
          judged.map(({ answer, truth }) => ({ scores: answer.scores!, relevance: truth.relevance })),
        ),
        ...(found.length === 0 ? {} : Object.fromEntries([1, 5, 10].map((k) => [`R@${k}`, measure(retrievalRecall(k), found)]))),
      };
    });
  },
};

/** A dialog up to its question `at`, counted from 1: the caption first, with nothing before it. */
function turn({ questions, answers }: Dialogs, { image_id: id, caption, dialog }: Dialogs["dialogs"][number], at: number, picture: string) {
  const said = dialog
    .slice(0, at)
    .map(({ question, answer }) => ({ asked: questionPrompt(`${questions[question]!}?`), answer: answer === undefined ? "" : ` ${answers[answer]!}` }));
  const last = said.at(-1)!;
  const before = said.slice(0, -1).map(({ asked, answer }) => `${asked}${answer}`);
  return { id, media: [{ kind: "image", path: picture } as const], prompt: [caption, ...before, last.asked].join(" "), answer: last.answer };
}

/** Pictures of training are COCO's, of either folder. */
async function trainPicture(files: BenchmarkFiles, id: number): Promise<string> {
  const number = String(id).padStart(12, "0");
  const inTraining = `train2014/COCO_train2014_${number}.jpg`;
  return files.at((await files.has(inTraining)) ? inTraining : `val2014/COCO_val2014_${number}.jpg`);
}
