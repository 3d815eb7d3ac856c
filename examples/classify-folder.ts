/**
 * Sorts the pictures of a folder, from a few examples. `EXAMPLES` holds a folder for each kind, named as it is called, with a picture or some in it:
 *
 *     node classify-folder.ts EXAMPLES PICTURES
 *
 * Prints the kind of each picture, and how likely that is among the kinds.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Flamingo, image, sharesOf } from "flamingo-vlm";

const [examplesFolder, picturesFolder] = process.argv.slice(2);
if (examplesFolder === undefined || picturesFolder === undefined) throw new Error("name the folder of examples and the folder of pictures");

const picturesIn = async (folder: string): Promise<string[]> => (await readdir(folder)).filter((file) => /\.(?:jpe?g|png|webp)$/i.test(file)).sort();

const kinds = (await readdir(examplesFolder)).sort();
const shown = await Promise.all(kinds.map(async (kind) => (await picturesIn(join(examplesFolder, kind))).map((file) => ({ kind, file }))));
// One of each kind in turn: what stands last counts most, so no kind should fill the end.
const inTurn = Array.from({ length: Math.max(...shown.map(({ length }) => length)) }, (_, i) => shown.flatMap((ofKind) => ofKind.slice(i, i + 1))).flat();

const model = await Flamingo.load("nano");
const task = await model.supportSet(inTurn.map(({ kind, file }) => ({ media: image(join(examplesFolder, kind, file)), text: kind })));
for (const file of await picturesIn(picturesFolder)) {
  const scores = await model.score([task, image(join(picturesFolder, file))], kinds);
  const shares = sharesOf(scores);
  const best = shares.indexOf(Math.max(...shares));
  console.log(`${file}\t${kinds[best]}\t${shares[best]!.toFixed(2)}`);
}
await task.dispose();
await model.dispose();
