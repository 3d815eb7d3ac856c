import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ShowProgress, type TarEntry, tarOf } from "flamingo-vlm/data";
import { openPictures } from "flamingo-vlm/evaluate";
import { writeWhole } from "flamingo-vlm/files";
import { openPictureIndex } from "../nano/drawings/render.ts";
import { countInduction } from "./counting.ts";
import type { DataSet } from "./data-set.ts";
import { matching, openEnded } from "./drawings.ts";
import { operatorInduction } from "./operators.ts";
import { redBox } from "./red-box.ts";

/** Raised whenever the same seed gives something else. */
const recipe = 1;

/** Drawings that come with nano. */
const shipped = fileURLToPath(new URL("models/nano/evaluation", import.meta.resolve("flamingo-vlm/package.json")));

export interface MakeOptions {
  readonly out: string;
  readonly seed: number;
  readonly show?: ShowProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Makes all data sets, unless they are there already. @returns questions of each */
export async function makeVlIcl({ out, seed, show = () => {}, signal }: MakeOptions): Promise<Readonly<Record<string, number>>> {
  const sets = await dataSets(seed);
  const counts = Object.fromEntries(Object.entries(sets).map(([name, { query }]) => [name, query.length]));
  const stamp = join(out, "made.json");
  const made = JSON.stringify({ recipe, seed });
  if ((await readFile(stamp, "utf8").catch(() => "")) === made) return counts;
  // Two data sets show the same drawings.
  const pictures = [...new Map(Object.values(sets).flatMap((set) => [...set.pictures]))];
  const files: TarEntry[] = [];
  for (let i = 0; i < pictures.length; i += 8) {
    signal?.throwIfAborted();
    files.push(...(await Promise.all(pictures.slice(i, i + 8).map(async ([name, draw]) => ({ name, bytes: await draw() })))));
    show(`VL-ICL pictures ${files.length}/${pictures.length}`, files.length === pictures.length);
  }
  await writeWhole(join(out, "pictures.tar"), tarOf(files), { makeFolders: true });
  for (const [name, { query, support }] of Object.entries(sets)) {
    await writeWhole(join(out, name, "query.json"), JSON.stringify(query, undefined, 1), { makeFolders: true });
    await writeWhole(join(out, name, "support.json"), JSON.stringify(support, undefined, 1));
  }
  // Last, so that what was interrupted is made anew.
  await writeWhole(stamp, made);
  return counts;
}

async function dataSets(seed: number): Promise<Readonly<Record<string, DataSet>>> {
  const { concepts } = await openPictureIndex(shipped);
  const find = await openPictures(join(shipped, "pictures.tar"));
  const heldOut = concepts.filter(({ part, domain }) => part === "heldOut" && domain !== "face");
  return {
    open_mi: openEnded(heldOut, find, seed),
    clevr: countInduction(seed),
    operator_induction: operatorInduction(false, seed),
    operator_induction_interleaved: operatorInduction(true, seed),
    textocr: redBox(
      heldOut.filter(({ domain }) => domain === "thing"),
      find,
      seed,
    ),
    matching_mi: matching(heldOut, find, seed),
  };
}
