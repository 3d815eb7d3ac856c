import * as z from "zod";
import { type Benchmark, opened, outputPrompt } from "./benchmark.ts";
import type { BenchmarkFiles } from "./benchmark-files.ts";
import { captionJudge } from "./caption-measures.ts";

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

interface CaptionedFile {
  readonly id: number;
  readonly split: string;
  readonly path: string;
  readonly captions: readonly string[];
}

interface KarpathyFiles {
  readonly file: string;
  pathOf(image: { readonly filepath?: string | undefined; readonly filename: string }): string;
}

/** @throws DataError when the file is missing or of another form */
export async function readKarpathy(files: BenchmarkFiles, { file, pathOf }: KarpathyFiles): Promise<readonly CaptionedFile[]> {
  const { images } = await files.json(file, splitFile);
  return images.map((image) => ({
    // Flickr30k's pictures have their number in their name alone.
    id: image.cocoid ?? Number.parseInt(image.filename, 10),
    split: image.split,
    path: pathOf(image),
    captions: image.sentences.map(({ raw }) => raw),
  }));
}

/** Where the splits lie. */
export const karpathyFiles = {
  coco: { file: "dataset_coco.json", pathOf: ({ filepath, filename }) => (filepath === undefined ? filename : `${filepath}/${filename}`) },
  flickr30k: { file: "dataset_flickr30k.json", pathOf: ({ filename }) => `flickr30k-images/${filename}` },
} as const satisfies Readonly<Record<string, KarpathyFiles>>;

/** Captions of photographs in Karpathy's splits: examples are those of training, `restval` included. */
function karpathy(name: keyof typeof karpathyFiles, title: string): Benchmark {
  return {
    name,
    title,
    splits: ["test", "val"],
    maxTokens: 20,
    async open(files, split) {
      const images = await readKarpathy(files, karpathyFiles[name]);
      const of = (...splits: string[]) =>
        images
          .filter((image) => splits.includes(image.split))
          .map(({ id, path, captions: truth }) => {
            const media = [{ kind: "image", path: files.at(path) } as const];
            return { id, media, prompt: outputPrompt, answer: ` ${truth[0]!.trim()}`, truth };
          });
      const asked = of(split);
      return opened(
        of("train", "restval"),
        asked,
        await captionJudge(
          files,
          asked.map(({ truth }) => truth),
        ),
      );
    },
    submitted: ({ question, answer }) => ({ image_id: question.id, caption: answer.text }),
  };
}

/** COCO captions (Chen et al., 2015). */
export const coco = karpathy("coco", "COCO");

/** Flickr30k (Young et al., 2014). */
export const flickr30k = karpathy("flickr30k", "Flickr30k");
