/**
 * Examples are read once and kept in a file; then many questions are answered together:
 *
 *     node many-questions.ts
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Flamingo, image } from "flamingo-vlm";

const picture = (name: string) => image(fileURLToPath(new URL(`models/nano/drawings/${name}.webp`, import.meta.resolve("flamingo-vlm/package.json"))));
const file = join(tmpdir(), "words.safetensors");

const model = await Flamingo.load("nano");
const words = await model.supportSet([
  { media: picture("noto/turtle"), text: "a dax" },
  { media: picture("noto/crown"), text: "a blick" },
]);
await words.save(file);

// In another process, on another day: nothing of the examples is computed again.
const again = await model.loadSupportSet(file);
const queries = ["twemoji/turtle", "twemoji/crown", "emojione/crown"];
const answers = await model.generateTexts(
  queries.map((query) => [again, picture(query)]),
  { maxTokens: 12 },
);
for (const [i, query] of queries.entries()) console.log(`${query}: ${answers[i]!.trim()}`);
await model.dispose();
