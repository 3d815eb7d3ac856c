/**
 * METEOR here against METEOR's own program, on captions that `tools/reference/meteor.py --fuzz` has made:
 *
 *     node --conditions=flamingo-source tools/compare-meteor.ts fuzz.json FOLDER
 *
 * FOLDER is pycocoevalcap's folder `meteor`.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { meteor } from "../src/evaluate/metrics/meteor/meteor.ts";
import { openMeteorFiles } from "../src/evaluate/metrics/meteor/meteor-files.ts";

interface Judged {
  readonly pairs: readonly { readonly candidate: string; readonly references: readonly string[]; readonly score: number; readonly stats: string }[];
  readonly whole: number;
}

const [file, folder] = process.argv.slice(2);
if (file === undefined || folder === undefined) throw new Error("usage: compare-meteor.ts fuzz.json FOLDER");
const { pairs, whole } = JSON.parse(await readFile(file, "utf8")) as Judged;
const started = performance.now();
const files = await openMeteorFiles(
  (name) => readFile(join(folder, name)),
  pairs.flatMap(({ references }) => references),
);
const opened = performance.now();
const metric = meteor(files.thesaurus, files.abbreviations);
const parts = metric.parts(pairs);
const different = pairs.flatMap((pair, i) =>
  Math.abs(metric.score!(parts[i]!) - pair.score) > 1e-9 ? [{ ...pair, here: metric.score!(parts[i]!), counts: parts[i]! }] : [],
);
for (const each of different.slice(0, 10)) console.log(JSON.stringify(each));
console.log(`${pairs.length} captions, ${different.length} different; all together ${metric.whole(parts)}, there ${whole}`);
console.log(
  `files read in ${((opened - started) / 1000).toFixed(1)} s, captions judged in ${((performance.now() - opened) / 1000).toFixed(1)} s, ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
);
process.exitCode = different.length > 0 ? 1 : 0;
