/**
 * The AI SDK with the model in this process (`npm install ai`): examples in the messages, then in a support set:
 *
 *     node ai-sdk.ts
 */
import { readFile } from "node:fs/promises";
import { generateText, streamText } from "ai";
import { Flamingo, image } from "flamingo-vlm";
import { flamingo } from "flamingo-vlm/ai";

const drawing = (name: string) => readFile(new URL(`models/nano/drawings/${name}.webp`, import.meta.resolve("flamingo-vlm/package.json")));
const shown = (data: Uint8Array) => ({ role: "user" as const, content: [{ type: "file" as const, mediaType: "image/webp", data }] });
const [turtle, crown, question] = (await Promise.all(["noto/turtle", "noto/crown", "twemoji/turtle"].map(drawing))) as [Buffer, Buffer, Buffer];

const model = await Flamingo.load("nano");
const { text, usage } = await generateText({
  model: flamingo(model),
  messages: [shown(turtle), { role: "assistant", content: "a dax" }, shown(crown), { role: "assistant", content: "a blick" }, shown(question)],
});
console.log(`${text}   (${usage.inputTokens} tokens read)`);

const supportSet = await model.supportSet([
  { media: image(turtle), text: "a dax" },
  { media: image(crown), text: "a blick" },
]);
for await (const piece of streamText({ model: flamingo(model, { supportSet }), messages: [shown(question)] }).textStream) process.stdout.write(piece);
process.stdout.write(`   (${supportSet.tokens} tokens were read before)\n`);
await supportSet.dispose();
await model.dispose();
