/**
 * Compares our caption tokenizer with the COCO evaluation's on made-up captions:
 *
 *     python tools/reference/caption_tokens.py --fuzz 100000 --seed 7 > fuzz.json
 *     node --conditions=flamingo-source tools/compare-caption-tokens.ts fuzz.json
 */
import { readFileSync } from "node:fs";
import { captionsTokens } from "../src/evaluate/metrics/caption-tokens.ts";

const { captions, tokens } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as { captions: string[]; tokens: string[] };
const started = performance.now();
const ours = captionsTokens(captions).map((words) => words.join(" "));
const seconds = (performance.now() - started) / 1000;
const different = captions.flatMap((_, i) => (ours[i] === tokens[i] ? [] : [i]));
for (const i of different.slice(0, 20)) console.log(JSON.stringify({ caption: captions[i], reference: tokens[i], ours: ours[i], next: captions[i + 1] }));
console.log(`${different.length} of ${captions.length} captions differ; ${Math.round(captions.length / seconds)} captions a second`);
process.exitCode = different.length === 0 ? 0 : 1;
