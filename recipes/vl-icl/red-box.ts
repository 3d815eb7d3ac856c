/** Text in a red box, as VL-ICL Bench makes of TextOCR: words over pictures, of which the largest is marked. */
import { Random } from "flamingo-vlm/data";
import type { FindPicture } from "flamingo-vlm/evaluate";
import sharp from "sharp";
import type { PicturedConcept } from "../nano/drawings/picture-index.ts";
import { type DataSet, webp } from "./data-set.ts";
import { drawText, textWidth } from "./strokes.ts";

const question = "What text is shown in the red box?";
const edge = 320;
const folder = "textocr";
const inks = ["#111111", "#ffffff", "#1b3a8c", "#7a1f1f", "#0f5a2a", "#f2d13c"];
const grounds = ["#d9cfbf", "#8aa0b4", "#3f4a52", "#c9d6c2", "#e7e2e0", "#5b4636"];

export function redBox(concepts: readonly PicturedConcept[], find: FindPicture, seed: number, support = 800, queries = 200): DataSet {
  const words = [...new Set(concepts.map(({ name }) => name.toUpperCase()))].filter((word) => /^[A-Z]{3,8}$/.test(word)).sort();
  const drawings = concepts.flatMap(({ pictures }) => pictures.map(({ id }) => id));
  const pictures = new Map<string, () => Promise<Uint8Array>>();
  const item = (part: string, i: number): unknown => {
    const random = new Random("red box", seed, part, i);
    const [word, ...others] = random.sample(words, 3) as [string, ...string[]];
    const path = `${folder}/${part}/${i}.webp`;
    pictures.set(path, () => picture(word, others, random.sample(drawings, 4), find, random));
    return { image: [path], question, answer: word };
  };
  return {
    support: Array.from({ length: support }, (_, i) => item("support", i)),
    query: Array.from({ length: queries }, (_, i) => item("query", i)),
    pictures,
  };
}

/** Drawings in the corners, the word across them, smaller words above and below. */
async function picture(word: string, others: readonly string[], drawings: readonly string[], find: FindPicture, random: Random): Promise<Uint8Array> {
  const ground = random.pick(grounds);
  const tile = edge / 2;
  const pasted = await Promise.all(
    drawings.map(async (id, i) => ({
      input: await sharp(find(`${id}.webp`) as Uint8Array)
        .resize(tile, tile)
        .toBuffer(),
      left: (i % 2) * tile,
      top: Math.floor(i / 2) * tile,
      blend: "multiply" as const,
    })),
  );
  const height = Math.min(random.between(38, 58), (0.8 * edge * 100) / textWidth(word, 100));
  const width = textWidth(word, height);
  const left = random.between(12, edge - width - 12);
  const top = random.between(edge * 0.35, edge * 0.65 - height);
  const [ink, ...rest] = random.sample(inks, 3) as [string, ...string[]];
  const small = others.map((other, i) => {
    const tall = random.between(14, 20);
    const at = i === 0 ? random.between(10, edge * 0.28 - tall) : random.between(edge * 0.74, edge - tall - 10);
    return label(other, random.between(10, edge - textWidth(other, tall) - 10), at, tall, rest[i]!, 0);
  });
  const box = `<rect x="${left - 8}" y="${top - 8}" width="${width + 16}" height="${height + 16}" fill="none" stroke="#ff0000" stroke-width="3"/>`;
  const over = `<svg xmlns="http://www.w3.org/2000/svg" width="${edge}" height="${edge}">${small.join("")}${label(word, left, top, height, ink, 6)}${box}</svg>`;
  return sharp({ create: { width: edge, height: edge, channels: 3, background: ground } })
    .composite([...pasted, { input: Buffer.from(over), left: 0, top: 0 }])
    .webp(webp)
    .toBuffer();
}

/** Words on a plate, so that they can be read on any ground. */
function label(text: string, left: number, top: number, height: number, ink: string, margin: number): string {
  const light = ["#ffffff", "#f2d13c"].includes(ink);
  const plate = `<rect x="${left - 4 - margin}" y="${top - 4 - margin}" width="${textWidth(text, height) + 8 + 2 * margin}" height="${height + 8 + 2 * margin}" fill="${light ? "#222222" : "#fafafa"}" opacity="0.85"/>`;
  return plate + drawText(text, left, top, { height, colour: ink, pen: 12 });
}
