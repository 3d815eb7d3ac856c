import { byShots } from "./by-shots.ts";
import type { PublishedModel, PublishedSource } from "./published-model.ts";

const source: PublishedSource = {
  title: "Alayrac et al., 2022: Flamingo, a visual language model for few-shot learning",
  at: "arXiv 2204.14198",
  note: "VQAv2 and VizWiz on test-dev, OK-VQA and TextVQA on val; after 32 examples VisDial did not fit",
};

const benchmarks = "okvqa vqav2 coco msvdqa vatex vizwiz flickr30k msrvttqa ivqa youcook2 star visdial textvqa nextqa hatefulmemes rareact";

const rices = (imagenet: number, kinetics700: number) => ({ imagenet: { 16: imagenet }, kinetics700: { 16: kinetics700 } });

/** The paper's few-shot results; of classification those with 16 examples of a support set with 5 of each class. */
export const flamingoResults: readonly PublishedModel[] = [
  {
    model: "Flamingo-3B",
    source,
    figures: byShots(
      benchmarks,
      `0  41.2 49.2 73.0 27.5 40.1 28.9 60.6 11.0 32.7 55.8 39.6 46.1 30.1 21.3 53.7 58.4
       4  43.3 53.2 85.0 33.0 50.0 34.0 72.0 14.9 35.7 64.6 41.3 47.3 32.7 22.4 53.6 -
       8  44.6 55.4 90.6 37.0 54.5 38.4 71.7 19.6 36.8 68.0 40.6 47.6 32.4 23.9 54.7 -
       16 45.6 56.7 95.4 40.2 57.1 43.3 73.4 23.4 37.4 73.2 40.1 47.5 31.8 25.2 55.3 -
       32 45.9 57.1 99.0 42.6 59.2 45.5 71.2 25.6 37.7 76.7 41.6 -    30.6 26.1 56.3 -`,
    ),
  },
  {
    model: "Flamingo-9B",
    source,
    figures: byShots(
      benchmarks,
      `0  44.7 51.8 79.4  30.2 39.5 28.8 61.5 13.7 35.2 55.0 41.8 48.0 31.8 23.0 57.0 57.9
       4  49.3 56.3 93.1  36.2 51.7 34.9 72.6 18.2 37.7 70.8 42.8 50.4 33.6 24.7 62.7 -
       8  50.0 58.0 99.0  40.8 55.2 39.4 73.4 23.9 40.0 75.0 43.4 51.2 33.6 25.8 63.9 -
       16 50.8 59.4 102.2 44.5 58.5 43.0 72.7 27.6 41.5 77.2 42.4 51.3 33.5 27.6 64.5 -
       32 51.0 60.4 106.3 47.2 57.4 44.0 72.8 29.4 40.7 77.3 41.2 -    32.6 28.4 63.5 -`,
    ),
  },
  {
    model: "Flamingo-80B",
    source,
    figures: byShots(
      benchmarks,
      `0  50.6 56.3 84.3  35.6 46.7 31.6 67.2 17.4 40.7 60.1 39.7 52.0 35.0 26.7 46.4 60.8
       4  57.4 63.1 103.2 41.7 56.0 39.6 75.1 23.9 44.1 74.5 42.4 55.6 36.5 30.8 68.6 -
       8  57.5 65.6 108.8 45.5 60.6 44.8 78.2 27.6 44.8 80.7 42.3 56.4 37.3 32.3 70.0 -
       16 57.8 66.8 110.5 48.4 62.8 48.4 78.9 30.0 45.2 84.2 41.1 56.8 37.6 32.9 70.0 -
       32 57.8 67.6 113.8 52.3 65.1 49.8 75.4 31.0 45.3 86.8 42.2 -    37.9 33.5 70.0 -`,
    ),
  },
  { model: "Flamingo-3B", source, select: "rices", figures: rices(72.7, 58.3) },
  { model: "Flamingo-9B", source, select: "rices", figures: rices(75.2, 60.9) },
  { model: "Flamingo-80B", source, select: "rices", figures: rices(76.0, 63.5) },
];
