import * as z from "zod";
import { actionName, meanWeightedAveragePrecision } from "../metrics/mean-weighted-average-precision.ts";
import { measure } from "../metrics/metric.ts";
import { type Benchmark, opened } from "./benchmark.ts";

const annotation = z.coerce.number().pipe(z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3), z.literal(4)]));
const row = z.object({
  id: z.string(),
  video_id: z.string(),
  start: z.coerce.number(),
  end: z.coerce.number(),
  verb: z.string(),
  noun: z.string(),
  annotation,
});

/** RareAct (Miech et al., 2020): whether clips show unusual actions. Zero-shot alone: it has nothing to take examples from. */
export const rareact: Benchmark = {
  name: "rareact",
  title: "RareAct",
  splits: ["test"],
  maxTokens: 0,
  mostShots: 0,
  async open(files) {
    const rows = await files.csv("rareact.csv", row);
    const actions = [...new Map(rows.map((each) => [actionName(each), each])).values()];
    const choices = actions.map(({ verb, noun }) => ` ${thirdPerson(verb)} ${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`);
    const queries = rows.map((clip) => ({
      id: clip.id,
      media: [{ kind: "video", path: files.at(`frames/${clip.video_id}`), from: clip.start, to: clip.end } as const],
      prompt: "Caption: a person",
      answer: "",
      choices,
      truth: clip,
    }));
    return opened([], queries, (judged) => {
      const clips = judged.map(({ answer, truth }) => ({
        ...truth,
        video: truth.video_id,
        scores: new Map(actions.map((action, i) => [actionName(action), answer.scores![i]!])),
      }));
      // Each figure ranks every clip for every action.
      return { mWAP: measure(meanWeightedAveragePrecision, clips, { resamples: 100 }) };
    });
  },
};

function thirdPerson(verb: string): string {
  if (/[^aeiou]y$/.test(verb)) return `${verb.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh|o)$/.test(verb) ? `${verb}es` : `${verb}s`;
}
