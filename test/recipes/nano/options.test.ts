import { expect, test } from "vitest";
import openPictures from "../../../recipes/nano/sources/pictures.ts";
import openText from "../../../recipes/nano/sources/text.ts";

const text = { chunks: [2], pairs: 2, kinds: { repetition: 1, episode: 0, wordPairs: 0, definition: 0, statement: 0, prose: 0 } };
const pictures = { worlds: { drawings: 1 }, maxMedia: 2, mix: { caption: 1 } };

test.each([
  ["too many chunks", openText, { ...text, chunks: [1_000_000] }, /chunks\.0/],
  ["shares of which none is drawn", openText, { ...text, kinds: { ...text.kinds, repetition: 0 } }, /kinds.*at least one of them must be above 0/],
  ["a share below 0", openText, { ...text, kinds: { ...text.kinds, prose: -1 } }, /kinds\.prose/],
  ["an unknown key", openText, { ...text, folder: "x" }, /unknown key "folder"; valid keys there: packages, kinds/],
  ["pictures that memory cannot hold", openPictures, { ...pictures, maxMedia: 1_000_000 }, /maxMedia/],
  ["no kind of episode", openPictures, { ...pictures, mix: {} }, /mix.*at least one of them must be above 0/],
  ["no world to draw from", openPictures, { ...pictures, worlds: {} }, /worlds.*at least one of them must be above 0/],
  ["a world that there is not", openPictures, { ...pictures, worlds: { photos: 1 } }, /unknown key "worlds.photos"; valid keys there: drawings, glyphs/],
  ["a share above 1", openPictures, { ...pictures, blended: 1.5 }, /blended/],
])("%s is refused before anything is fetched", async (_, open, options, message) => {
  await expect((async () => open(options, () => {}))()).rejects.toThrow(message);
});
