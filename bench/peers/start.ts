/**
 * From nothing to the first token, as a program of a user has it: the package as it is built and published.
 *
 *     node bench/peers/start.ts FOLDER PICTURE THREADS
 */
import { Flamingo, image } from "flamingo-vlm";

const [folder, picture, threads] = process.argv.slice(2) as [string, string, string];
const model = await Flamingo.load(folder, { threads: Number(threads) });
let tokens = 0;
for await (const _ of model.generate([image(picture), " the the the the"], { maxTokens: 1 })) tokens += 1;
if (tokens !== 1) throw new Error("there was no token");
// Since the process began.
process.stdout.write(`${JSON.stringify({ seconds: performance.now() / 1000 })}\n`);
await model.dispose();
