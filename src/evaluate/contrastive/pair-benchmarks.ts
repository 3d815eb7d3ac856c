/** What a pair of towers is measured on: benchmarks in their official form, and data of one's own. */
import { DataError } from "../../data/errors.ts";
import { mmc4Options } from "../../data/samples/mmc4.ts";
import { sampleFormatOf, sampleFormats } from "../../data/samples/open-samples.ts";
import { SampleStream } from "../../data/samples/sample-stream.ts";
import { shardPaths } from "../../data/samples/shard-paths.ts";
import { BenchmarkFiles } from "../benchmarks/benchmark-files.ts";
import { readImagenet } from "../benchmarks/imagenet.ts";
import { karpathyFiles, readKarpathy } from "../benchmarks/karpathy.ts";
import type { CaptionedPictures } from "./retrieval.ts";
import type { ClassifiedPictures } from "./zero-shot.ts";

export type PairTask = ({ readonly kind: "classification" } & ClassifiedPictures) | ({ readonly kind: "retrieval" } & CaptionedPictures);

export interface PairBenchmark {
  readonly name: string;
  readonly title: string;
  readonly splits: readonly [string, ...string[]];
  /** @param limit - pictures that are looked at, the first ones @throws DataError when a file is missing or of another form */
  open(data: string, split: string, limit: number): Promise<PairTask>;
}

const pictureName = /\.(?:jpe?g|png|webp|gif|avif|bmp|tiff?)$/i;

export const pairBenchmarks: readonly PairBenchmark[] = [
  {
    name: "imagenet",
    title: "ImageNet, zero-shot",
    splits: ["val"],
    async open(data, _, limit) {
      const files = new BenchmarkFiles(data);
      const { names: classes, pictures } = await readImagenet(files);
      return { kind: "classification", classes, pictures: pictures.slice(0, limit).map(({ path, right }) => ({ path: files.at(path), right })) };
    },
  },
  ...(["flickr30k", "coco"] as const).map(
    (name): PairBenchmark => ({
      name,
      title: `${name === "coco" ? "COCO" : "Flickr30k"}, retrieval`,
      splits: ["test", "val"],
      async open(data, split, limit) {
        const files = new BenchmarkFiles(data);
        const images = (await readKarpathy(files, karpathyFiles[name])).filter((image) => image.split === split).slice(0, limit);
        // Two captions of the same words are two, as in everybody's figures.
        const texts = images.flatMap(({ captions }, picture) => captions.map((text) => ({ text, pictures: [picture] })));
        return { kind: "retrieval", pictures: images.map(({ path }) => files.at(path)), texts };
      },
    }),
  ),
  {
    name: "classes",
    title: "Zero-shot classification",
    splits: ["all"],
    async open(data, _, limit) {
      const files = new BenchmarkFiles(data);
      const classes: string[] = [];
      const pictures: { readonly path: string; readonly right: number }[] = [];
      for (const name of await files.names("")) {
        const inside = (await files.names(name)).filter((file) => pictureName.test(file));
        if (inside.length === 0) continue;
        pictures.push(...inside.map((file) => ({ path: files.at(`${name}/${file}`), right: classes.length })));
        classes.push(name.replaceAll("_", " "));
      }
      if (classes.length < 2) throw new DataError(`${data} should hold a folder of pictures for each class, called as the class is; found ${classes.length}`);
      return { kind: "classification", classes, pictures: pictures.slice(0, limit) };
    },
  },
  {
    name: "pairs",
    title: "Retrieval",
    splits: ["all"],
    async open(data, _, limit) {
      const pairs = await ownPairs(data, limit);
      // The same words are one text, which any of its pictures answers.
      const byText = Map.groupBy(
        pairs.map((_, i) => i),
        (i) => pairs[i]!.text,
      );
      return { kind: "retrieval", pictures: pairs.map(({ picture }) => picture), texts: [...byText].map(([text, pictures]) => ({ text, pictures })) };
    },
  },
];

/** Pairs of any format that training reads. @throws DataError when there are fewer than two, or a shard cannot be read */
async function ownPairs(data: string, limit: number): Promise<{ readonly picture: string | Uint8Array; readonly text: string }[]> {
  const { endings, open } = sampleFormats[sampleFormatOf(data) ?? "folder"];
  const stream = await SampleStream.open({
    name: data,
    seed: 0,
    shards: await shardPaths([data], endings),
    open: open({ image: undefined, text: undefined, mmc4: mmc4Options.parse({}) }),
    reader: { index: 0, count: 1 },
    shuffle: 1,
    badShare: 0.1,
  });
  const pairs: { readonly picture: string | Uint8Array; readonly text: string }[] = [];
  try {
    while (pairs.length < limit) {
      const drawn = await stream.draw(1);
      if (drawn === undefined) break;
      const { form, pieces } = drawn.sample;
      const picture = pieces.find((piece) => piece.kind === "picture")?.file;
      const text = pieces
        .flatMap((piece) => (piece.kind === "text" ? [piece.text] : []))
        .join(" ")
        .trim();
      if (form === "pair" && picture !== undefined && text !== "") pairs.push({ picture, text });
    }
  } finally {
    await stream.close();
  }
  if (pairs.length < 2) throw new DataError(`${data} holds ${pairs.length} pairs of a picture and a text; to find one among others takes more`);
  return pairs;
}
