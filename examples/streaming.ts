/**
 * An answer as it comes, and how to stop it:
 *
 *     node streaming.ts PICTURE [QUESTION]
 */
import { Flamingo, image } from "flamingo-vlm";

const [file, question = ""] = process.argv.slice(2);
if (file === undefined) throw new Error("name a picture");

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
const model = await Flamingo.load("nano");
try {
  const prompt = [image(file), ...(question === "" ? [] : [question])];
  for await (const { text } of model.generate(prompt, { maxTokens: 30, temperature: 0.7, topP: 0.9, seed: 1, signal: stop.signal })) process.stdout.write(text);
  process.stdout.write("\n");
} catch (error) {
  if (!stop.signal.aborted) throw error;
} finally {
  await model.dispose();
}
