import { Random } from "../src/data/random.ts";
import { type Example, Flamingo, image, type Medium } from "../src/index.ts";
import { type Figure, inTurns } from "./measure.ts";

const queries = 100;
/** Of those that read the examples again each time, so many are measured. */
const recomputed = 4;
const settings = { maxTokens: 8 };

/** What a support set saves on nano, pictures included: each picture is new to the model, as it is where every prompt is read from its beginning. */
export async function supportSetFigures(rounds: number): Promise<readonly Figure[]> {
  const model = await Flamingo.load("nano", { device: "cpu", worker: false });
  try {
    const pictures = Array.from({ length: queries }, (_, i) => picture(1000 + i));
    const eight = await model.supportSet(examples(8));
    const thirtyTwo = await model.supportSet(examples(32));
    // Encoded beforehand: what is left is the language model's.
    const known = pictures.map((each) => fresh(each));
    await model.scoreMany(
      known.map((each) => [each]),
      known.map(() => ["a"]),
    );
    const one = async (start: readonly Parameters<typeof model.generateText>[0][number][], medium: Medium): Promise<unknown> =>
      model.generateText([...start, medium], settings);
    const many = (media: readonly Medium[]): Promise<unknown> =>
      model.generateTexts(
        media.map((medium) => [eight, medium]),
        settings,
      );
    const hundred = await inTurns(
      {
        batched: () => many(pictures.map(fresh)),
        single: async () => {
          for (const each of pictures) await one([eight], fresh(each));
        },
        recomputing: async () => {
          for (const each of pictures.slice(0, recomputed)) await one(examples(8), fresh(each));
        },
        batchedText: () => many(known),
        singleText: async () => {
          for (const each of known) await one([eight], each);
        },
      },
      rounds,
    );
    const query = await inTurns(
      { support: () => one([thirtyTwo], fresh(pictures[0]!)), recomputing: () => one(examples(32), fresh(pictures[0]!)) },
      2 * rounds,
    );
    const recomputing = hundred.recomputing * (queries / recomputed);
    return [
      { name: `${queries} queries against one 8-shot support set, batched`, value: hundred.batched, unit: "ms" },
      { name: "the same one by one", value: hundred.single, unit: "ms" },
      { name: `the same, all read anew each time (measured on ${recomputed})`, value: recomputing, unit: "ms" },
      { name: "batched over one by one: times faster", value: hundred.single / hundred.batched, unit: "" },
      { name: "batched over all anew: times faster", value: recomputing / hundred.batched, unit: "" },
      { name: "batched over one by one, pictures encoded beforehand: times faster", value: hundred.singleText / hundred.batchedText, unit: "" },
      { name: "a query against a 32-shot support set", value: query.support, unit: "ms" },
      { name: "the same, all read anew", value: query.recomputing, unit: "ms" },
      { name: "support set over all anew: times faster", value: query.recomputing / query.support, unit: "" },
    ];
  } finally {
    await model.dispose();
  }
}

type Pixels = Exclude<Medium["frames"][number], string | Uint8Array>;

function picture(seed: number): Pixels {
  const random = new Random("bench", seed);
  return { width: 192, height: 192, data: Uint8ClampedArray.from({ length: 192 * 192 * 3 }, () => random.integer(0, 255)) } as Pixels;
}

/** A medium that was never encoded. */
function fresh(pixels: Pixels): Medium {
  return image(pixels);
}

function examples(count: number): Example[] {
  return Array.from({ length: count }, (_, i) => ({ media: fresh(picture(i)), text: i % 2 === 0 ? "a dax" : "a blick" }));
}
