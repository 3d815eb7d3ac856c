/** Writes a support set into a folder under one id after the other, as a server does, until it is killed. Called with a file of one and the folder. */
import { readFile } from "node:fs/promises";
import { SupportSetFolder } from "../../src/serve/support-set-folder.ts";

const [source, folder] = process.argv.slice(2) as [string, string];
const bytes = await readFile(source);
const sets = new SupportSetFolder(folder, Number.MAX_SAFE_INTEGER, () => Promise.resolve("a model"));
await sets.open();
process.send!("begun");
for (let i = 0; ; i++) await sets.write(`ss_${(i % 4).toString(16).padStart(32, "0")}`, bytes);
