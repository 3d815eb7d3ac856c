/** Writes a support set into a folder or a bucket under one id after the other, as a server does, until it is killed. Called with a file of one and the place. */
import { readFile } from "node:fs/promises";
import { supportSetFiles } from "../../src/serve/support-set-place.ts";

const [source, place] = process.argv.slice(2) as [string, string];
const bytes = await readFile(source);
const sets = supportSetFiles(place, Number.MAX_SAFE_INTEGER, () => Promise.resolve("a model"));
await sets.open();
for (let i = 0; ; i++) {
  process.send!("writes");
  await sets.write(`ss_${(i % 4).toString(16).padStart(32, "0")}`, bytes);
  process.send!("wrote");
}
