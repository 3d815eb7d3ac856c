/** `flamingo data contrastive`: coloured shapes with captions, to train on and, of kinds that training never shows, to measure with. Drawn here, so that there is nothing to fetch. */
import { access, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { hashFraction, type PrepareData, Random } from "flamingo-vlm/data";
import { parseConfig } from "flamingo-vlm/model";
import sharp from "sharp";
import * as z from "zod";

const colours = ["red", "green", "blue", "orange", "purple", "black", "brown", "pink"] as const;
const grounds = ["white", "yellow", "grey", "lightblue"] as const;
const shapes = {
  circle: '<circle cx="0" cy="0" r="20"/>',
  square: '<rect x="-18" y="-18" width="36" height="36"/>',
  triangle: '<path d="M0 -22 L22 18 L-22 18 Z"/>',
  bar: '<rect x="-24" y="-7" width="48" height="14"/>',
  cross: '<path d="M-7 -22 H7 V-7 H22 V7 H7 V22 H-7 V7 H-22 V-7 H-7 Z"/>',
  ring: '<path fill-rule="evenodd" d="M-22 0 A22 22 0 1 0 22 0 A22 22 0 1 0 -22 0 Z M-11 0 A11 11 0 1 0 11 0 A11 11 0 1 0 -11 0 Z"/>',
} as const;
const shapeNames = Object.keys(shapes) as (keyof typeof shapes)[];

const optionsConfig = z.strictObject({
  out: z.string().default("data/contrastive"),
  /** Pairs to train on. */
  pairs: z.number().int().positive().default(3000),
});

interface Drawing {
  readonly shape: keyof typeof shapes;
  readonly colour: string;
  readonly ground: string;
  readonly large: boolean;
}

const prepare: PrepareData = async (options, show, signal) => {
  const { out: folder, pairs } = parseConfig(optionsConfig, options, "the coloured shapes");
  const out = resolve(folder);
  const kinds = shapeNames.flatMap((shape) =>
    colours.flatMap((colour) => grounds.flatMap((ground) => [true, false].map((large) => ({ shape, colour, ground, large })))),
  );
  const held = kinds.filter((kind) => hashFraction(captionOf(kind)) < 0.15);
  const shown = kinds.filter((kind) => !held.includes(kind));
  for (let i = 0; i < pairs; i++) {
    signal.throwIfAborted();
    const random = new Random("shapes", i);
    await writePair(join(out, "train"), String(i).padStart(5, "0"), random.pick(shown), random);
    if (i % 100 === 0) show(`pictures ${i}/${pairs}`, false);
  }
  for (const [i, kind] of held.entries()) {
    await writePair(join(out, "held-out"), String(i).padStart(3, "0"), kind, new Random("held-out", i));
    await writePicture(join(out, "classes", `${kind.colour}_${kind.shape}`), String(i).padStart(3, "0"), kind, new Random("classes", i));
  }
  show(`pictures ${pairs}/${pairs}`, true);
  return { out, pairs, heldOut: held.length };
};
export default prepare;

function captionOf({ shape, colour, ground, large }: Drawing): string {
  return `a ${large ? "large" : "small"} ${colour} ${shape} on ${ground.replace("light", "light ")}`;
}

async function writePair(folder: string, name: string, drawing: Drawing, random: Random): Promise<void> {
  await writePicture(folder, name, drawing, random);
  await writeFile(join(folder, `${name}.txt`), `${captionOf(drawing)}\n`);
}

/** What is there already is kept. */
async function writePicture(folder: string, name: string, { shape, colour, ground, large }: Drawing, random: Random): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.png`);
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (there) return;
  const scale = (large ? 1 : 0.5) * random.between(0.9, 1.1);
  const place = () => Math.round(random.between(-10, 10)) + 32;
  const turn = Math.round(random.between(-12, 12));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="${ground}"/><g fill="${colour}" transform="translate(${place()} ${place()}) rotate(${turn}) scale(${scale.toFixed(3)})">${shapes[shape]}</g></svg>`;
  await sharp(Buffer.from(svg)).png().toFile(file);
}
