import { z } from "zod";
import { type Benchmark, opened, outputPrompt } from "./benchmark.ts";
import { captionMeasures } from "./caption-measures.ts";

const splitFile = z.object({
  images: z.array(
    z.object({
      split: z.string(),
      filepath: z.string().optional(),
      filename: z.string(),
      cocoid: z.number().optional(),
      sentences: z.array(z.object({ raw: z.string() })).min(1),
    }),
  ),
});

/** Captions of photographs in Karpathy's splits: examples are those of training, `restval` included. */
function karpathy(
  name: string,
  title: string,
  file: string,
  pathOf: (image: { readonly filepath?: string | undefined; readonly filename: string }) => string,
): Benchmark {
  return {
    name,
    title,
    splits: ["test", "val"],
    maxTokens: 20,
    async open(files, split) {
      const { images } = await files.json(file, splitFile);
      const of = (...splits: string[]) =>
        images
          .filter((image) => splits.includes(image.split))
          .map((image) => {
            const truth = image.sentences.map(({ raw }) => raw);
            const media = [{ kind: "image", path: files.at(pathOf(image)) } as const];
            // Flickr30k's pictures have their number in their name alone.
            return { id: image.cocoid ?? Number.parseInt(image.filename, 10), media, prompt: outputPrompt, answer: ` ${truth[0]!.trim()}`, truth };
          });
      return opened(of("train", "restval"), of(split), captionMeasures);
    },
    submitted: ({ question, answer }) => ({ image_id: question.id, caption: answer.text }),
  };
}

/** COCO captions (Chen et al., 2015). */
export const coco = karpathy("coco", "COCO", "dataset_coco.json", ({ filepath, filename }) => (filepath === undefined ? filename : `${filepath}/${filename}`));

/** Flickr30k (Young et al., 2014). */
export const flickr30k = karpathy("flickr30k", "Flickr30k", "dataset_flickr30k.json", ({ filename }) => `flickr30k-images/${filename}`);
