/**
 * Two new words, one example each, then questions about other pictures:
 *
 *     node few-shot.ts
 */
import { fileURLToPath } from "node:url";
import { Flamingo, image } from "flamingo-vlm";

const picture = (name: string) => image(fileURLToPath(new URL(`models/nano/drawings/${name}.webp`, import.meta.resolve("flamingo-vlm/package.json"))));

const model = await Flamingo.load("nano");
const task = await model.supportSet([
  { media: picture("noto/turtle"), text: "a dax" },
  { media: picture("noto/crown"), text: "a blick" },
]);
for (const query of ["twemoji/turtle", "emojione/crown"]) {
  const answer = await model.generateText([task, picture(query)]);
  const [dax, blick] = await model.score([task, picture(query)], ["a dax", "a blick"]);
  console.log(`${query}: ${answer.trim()}   (log-likelihoods: a dax ${dax!.logProbability.toFixed(2)}, a blick ${blick!.logProbability.toFixed(2)})`);
}
await task.dispose();
await model.dispose();
