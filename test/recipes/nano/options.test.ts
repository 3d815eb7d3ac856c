import { expect, test } from "vitest";
import openDrawings from "../../../recipes/nano/sources/drawings.ts";
import openText from "../../../recipes/nano/sources/text.ts";

const text = { chunks: [2], pairs: 2, kinds: { repetition: 1, episode: 0, wordPairs: 0, definition: 0, statement: 0, prose: 0 } };
const drawings = { domains: ["thing"], maxMedia: 2, mix: { caption: 1 } };

test.each([
  ["too many chunks", openText, { ...text, chunks: [1_000_000] }, /chunks\.0/],
  ["shares of which none is drawn", openText, { ...text, kinds: { ...text.kinds, repetition: 0 } }, /kinds.*at least one of them must be above 0/],
  ["a share below 0", openText, { ...text, kinds: { ...text.kinds, prose: -1 } }, /kinds\.prose/],
  ["an unknown key", openText, { ...text, folder: "x" }, /unknown key "folder"; valid keys there: packages, kinds/],
  ["pictures that memory cannot hold", openDrawings, { ...drawings, maxMedia: 1_000_000 }, /maxMedia/],
  ["no kind of episode", openDrawings, { ...drawings, mix: {} }, /mix.*at least one of them must be above 0/],
])("%s is refused before anything is fetched", async (_, open, options, message) => {
  await expect((async () => open(options, () => {}))()).rejects.toThrow(message);
});
