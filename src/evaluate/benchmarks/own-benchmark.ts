import * as z from "zod";
import { exactMatch } from "../metrics/exact-match.ts";
import { meanMetric, measure } from "../metrics/metric.ts";
import { topK } from "../metrics/top-k.ts";
import { type Benchmark, opened, outputPrompt, questionPrompt } from "./benchmark.ts";
import { captionJudge } from "./caption-measures.ts";

const oneOrMore = z.union([z.string().transform((text) => [text]), z.array(z.string()).min(1)]);
const line = z.strictObject({
  image: oneOrMore.optional(),
  /** Folder of frames. */
  video: z.string().optional(),
  question: z.string().optional(),
  answer: oneOrMore,
  choices: z.array(z.string()).min(2).optional(),
  /** Whether the line may be shown as an example in place of being asked. */
  support: z.boolean().default(false),
});

/** A benchmark of the user's own: one JSON object in each line, paths relative to its folder. Choices are ranked; answers to questions must be one of the right ones; all else is judged as captions are. */
export function ownBenchmark(file: string): Benchmark {
  return {
    name: file,
    title: file,
    splits: ["all"],
    maxTokens: 20,
    async open(files) {
      const items = (await files.lines(file, line)).map(({ image = [], video, question, answer, choices, support }, i) => ({
        id: i + 1,
        media: [
          ...image.map((path) => ({ kind: "image", path: files.at(path) }) as const),
          ...(video === undefined ? [] : [{ kind: "video", path: files.at(video) } as const]),
        ],
        prompt: question === undefined ? outputPrompt : questionPrompt(question),
        answer: ` ${answer[0]!}`,
        ...(choices === undefined ? {} : { choices: choices.map((choice) => ` ${choice}`) }),
        truth: { answers: answer, asked: question !== undefined },
        support,
      }));
      const captioned = items.filter(({ support, truth, choices }) => !support && !truth.asked && choices === undefined);
      const judgeCaptions = await captionJudge(
        files,
        captioned.map(({ truth }) => truth.answers),
      );
      return opened(
        items.filter(({ support }) => support),
        items.filter(({ support }) => !support),
        (judged) => {
          const chosen = judged.flatMap(({ answer, question, truth }) =>
            question.choices === undefined ? [] : [{ scores: answer.scores!, right: question.choices.indexOf(` ${truth.answers[0]!}`) }],
          );
          const open = judged.filter(({ question }) => question.choices === undefined);
          const asked = open.filter(({ truth }) => truth.asked);
          const captions = open.filter(({ truth }) => !truth.asked).map((each) => ({ ...each, truth: each.truth.answers }));
          const anyMatch = meanMetric<(typeof asked)[number]>("accuracy", (of) =>
            of.map(({ answer, truth }) => Math.max(...exactMatch.parts(truth.answers.map((right) => ({ prediction: answer.text, answer: right }))))),
          );
          return {
            ...(chosen.length === 0 ? {} : { "accuracy of choices": measure(topK(1), chosen) }),
            ...(asked.length === 0 ? {} : { accuracy: measure(anyMatch, asked) }),
            ...(captions.length === 0 ? {} : judgeCaptions(captions)),
          };
        },
      );
    },
  };
}
