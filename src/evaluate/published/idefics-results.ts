import { byShots } from "./by-shots.ts";
import type { PublishedModel, PublishedSource } from "./published-model.ts";

const source: PublishedSource = { title: "Laurençon et al., 2023: OBELICS, and the cards of IDEFICS", at: "arXiv 2306.16527" };

const columns = "vqav2 okvqa textvqa vizwiz coco flickr30k visdial hatefulmemes";

/** Base models, after random examples; of ImageNet with similar ones. */
export const idefics: readonly PublishedModel[] = [
  {
    model: "IDEFICS-9B",
    source,
    figures: byShots(
      columns,
      `0  50.9 38.4 25.9 35.5 46.0 27.3 48.7 51.7
       4  55.4 45.5 27.6 36.9 93.0 59.7 47.9 50.7
       8  56.4 47.7 27.5 40.4 97.0 61.9 47.6 51.0
       16 57.0 48.4 27.9 42.6 99.7 64.5 -    50.9
       32 57.9 49.6 28.3 43.7 98.0 64.4 -    49.8`,
    ),
  },
  {
    model: "IDEFICS-80B",
    source,
    figures: byShots(
      columns,
      `0  60.0 45.2 30.9 36.0 91.8  53.7 48.8 60.6
       4  63.6 52.4 34.4 40.4 110.3 73.7 48.4 57.8
       8  64.8 55.1 35.7 46.1 114.3 76.6 47.9 58.2
       16 65.4 56.8 36.3 48.3 116.6 80.1 -    55.8
       32 65.9 57.8 36.7 50.0 116.6 81.1 -    52.5`,
    ),
  },
  { model: "IDEFICS-9B", source, select: "rices", figures: { imagenet: { 16: 64.5 } } },
  { model: "IDEFICS-80B", source, select: "rices", figures: { imagenet: { 16: 72.9 } } },
];

const instructColumns = "vqav2 okvqa textvqa vizwiz coco flickr30k hatefulmemes";

/** Tuned on instructions. */
export const ideficsInstruct: readonly PublishedModel[] = [
  {
    model: "IDEFICS-9B-instruct",
    source,
    figures: byShots(
      instructColumns,
      `0  65.8 46.1 29.2 41.2 129.1 71.9 53.5
       4  66.2 48.7 31.0 39.0 128.2 74.8 51.8
       8  66.5 50.8 31.0 41.9 128.8 75.5 51.7
       16 66.8 51.7 31.6 44.8 128.8 75.8 51.7
       32 66.9 52.3 32.0 46.0 127.8 76.3 50.8`,
    ),
  },
  {
    model: "IDEFICS-80B-instruct",
    source,
    figures: byShots(
      instructColumns,
      `0  37.4 36.9 32.9 26.2 117.2 65.3 58.9
       4  67.5 54.0 37.8 39.8 116.9 67.1 57.5
       8  68.1 56.9 38.2 44.8 116.8 70.7 58.0
       16 68.6 58.2 39.1 48.7 120.5 76.0 56.4
       32 68.8 59.5 39.3 51.2 123.2 78.4 54.9`,
    ),
  },
];
