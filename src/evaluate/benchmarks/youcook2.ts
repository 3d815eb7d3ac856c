import * as z from "zod";
import { type Benchmark, opened, outputPrompt } from "./benchmark.ts";
import { captionJudge } from "./caption-measures.ts";

const file = z.object({
  database: z.record(
    z.string(),
    z.object({ subset: z.string(), annotations: z.array(z.object({ id: z.number(), segment: z.tuple([z.number(), z.number()]), sentence: z.string() })) }),
  ),
});

/** YouCook2 (Zhou et al., 2018): what is done in given segments of cooking videos. */
export const youcook2: Benchmark = {
  name: "youcook2",
  title: "YouCook2",
  splits: ["validation"],
  maxTokens: 20,
  async open(files, split) {
    const { database } = await files.json("youcookii_annotations_trainval.json", file);
    const of = (subset: string) =>
      Object.entries(database).flatMap(([video, { subset: own, annotations }]) =>
        own !== subset
          ? []
          : annotations.map(({ id, segment: [from, to], sentence }) => ({
              id: `${video}/${id}`,
              media: [{ kind: "video", path: files.at(`frames/${video}`), from, to } as const],
              prompt: outputPrompt,
              answer: ` ${sentence}`,
              truth: [sentence],
            })),
      );
    const asked = of(split);
    return opened(
      of("training"),
      asked,
      await captionJudge(
        files,
        asked.map(({ truth }) => truth),
      ),
    );
  },
};
