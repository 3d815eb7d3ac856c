import * as z from "zod";
import { measure } from "../metrics/metric.ts";
import { WordNet } from "../metrics/wordnet/wordnet.ts";
import { wups } from "../metrics/wups.ts";
import { type Benchmark, opened, questionPrompt } from "./benchmark.ts";

const row = z.object({ video: z.string(), question: z.string(), answer: z.string(), qid: z.string(), type: z.string() });
const further = z.record(z.string(), z.record(z.string(), z.string()));
/** Yes or no, and numbers. */
const exactKinds = new Set(["DB", "DC"]);

/** NExT-QA's open questions (Xiao et al., 2021). Needs WordNet's files in the folder `wordnet`. */
export const nextqa: Benchmark = {
  name: "nextqa",
  title: "NextQA",
  splits: ["test", "val"],
  maxTokens: 10,
  async open(files, split) {
    // Lists of irregular forms are missing from some copies of WordNet.
    const wordNet = await WordNet.open(async (name) => (name.endsWith(".exc") && !(await files.has(`wordnet/${name}`)) ? "" : files.text(`wordnet/${name}`)));
    const extra = `add_reference_answer_${split}.json`;
    const more = (await files.has(extra)) ? await files.json(extra, further) : {};
    const read = async (of: string) =>
      (await files.csv(`${of}.csv`, row)).map(({ video, question, answer, qid, type }) => ({
        id: `${video}/${qid}`,
        media: [{ kind: "video", path: files.at(`frames/${video}`) } as const],
        prompt: questionPrompt(`${question}?`),
        answer: ` ${answer}`,
        truth: { answers: [answer, ...(of === split ? [more[video]?.[qid] ?? []].flat() : [])], exact: exactKinds.has(type), kind: type[0]! },
      }));
    return opened(await read("train"), await read(split), (judged) => {
      const items = judged.map(({ answer, truth }) => ({ prediction: answer.text, ...truth }));
      return {
        WUPS: measure(wups(wordNet), items),
        ...Object.fromEntries([...Map.groupBy(items, ({ kind }) => kind)].map(([kind, of]) => [`WUPS_${kind}`, measure(wups(wordNet), of)])),
      };
    });
  },
};
