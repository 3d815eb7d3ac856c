import type { Benchmark } from "./benchmark.ts";
import { hatefulMemes } from "./hateful-memes.ts";
import { imagenet } from "./imagenet.ts";
import { ivqa } from "./ivqa.ts";
import { coco, flickr30k } from "./karpathy.ts";
import { kinetics700 } from "./kinetics700.ts";
import { nextqa } from "./nextqa.ts";
import { okvqa } from "./okvqa.ts";
import { rareact } from "./rareact.ts";
import { star } from "./star.ts";
import { textvqa } from "./textvqa.ts";
import { vatex } from "./vatex.ts";
import { msrvttQa, msvdQa } from "./video-qa.ts";
import { visdial } from "./visdial.ts";
import { vizwiz } from "./vizwiz.ts";
import { vqav2 } from "./vqav2.ts";
import { webqa } from "./webqa.ts";
import { youcook2 } from "./youcook2.ts";

/** Every benchmark that comes with the package, as the command line lists them. */
export const benchmarks: readonly Benchmark[] = [
  coco,
  flickr30k,
  vqav2,
  okvqa,
  textvqa,
  vizwiz,
  hatefulMemes,
  visdial,
  vatex,
  youcook2,
  msvdQa,
  msrvttQa,
  ivqa,
  nextqa,
  star,
  rareact,
  imagenet,
  kinetics700,
  webqa,
];
