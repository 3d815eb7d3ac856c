import * as z from "zod";
import { type Benchmark, opened, outputPrompt } from "./benchmark.ts";
import { captionJudge } from "./caption-measures.ts";

const file = z.array(z.object({ videoID: z.string(), enCap: z.array(z.string()).min(1) }));

/** VATEX (Wang et al., 2019), English captions. */
export const vatex: Benchmark = {
  name: "vatex",
  title: "VATEX",
  splits: ["test", "val"],
  maxTokens: 20,
  async open(files, split) {
    const read = async (name: string) =>
      (await files.json(name, file)).map(({ videoID: id, enCap: truth }) => ({
        id,
        media: [{ kind: "video", path: files.at(`frames/${id}`) } as const],
        prompt: outputPrompt,
        answer: ` ${truth[0]!}`,
        truth,
      }));
    const asked = await read(split === "test" ? "vatex_public_test_english_v1.1.json" : "vatex_validation_v1.0.json");
    return opened(
      await read("vatex_training_v1.0.json"),
      asked,
      await captionJudge(
        files,
        asked.map(({ truth }) => truth),
      ),
    );
  },
};
