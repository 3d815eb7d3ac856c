/**
 * `flamingo data nano/class-embeddings`: what the resampler's embedding of each class begins as: what the frozen language model has for the words of its name. So a class is read by the same rule as
 * every other, where embeddings that begin at random are learnt class by class.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { jsonOf, type PrepareData } from "flamingo-vlm/data";
import { openTokenizer, openWeightsAt, widened, writeSafetensors, writeWhole } from "flamingo-vlm/files";
import { parseConfig } from "flamingo-vlm/model";
import * as z from "zod";
import { classNodes, nodes } from "./classes/class-names.ts";

const optionsConfig = z.strictObject({
  language: z.string().default("models/nano/language.safetensors"),
  tokenizer: z.string().default("models/nano/tokenizer.json"),
  out: z.string().default("data/nano/class-embeddings.safetensors"),
});

/** Length of each embedding. */
const length = 0.5;

const prepare: PrepareData = async (options) => {
  const { language, tokenizer: file, out } = parseConfig(optionsConfig, options, "options of nano's class embeddings");
  const tokenizer = openTokenizer(jsonOf(await readFile(resolve(file)), file), file);
  const opened = await openWeightsAt(resolve(language));
  try {
    const stored = opened.file.weights.get("language.embedding.weight");
    if (stored === undefined) throw new Error(`${language} has no "language.embedding.weight"; name the weights of a language model of this system`);
    const width = stored.shape[1]!;
    const words = widened(await stored.load()).data as Float32Array;
    const rows = classNodes.map((node) => meanOf(tokenizer.encode(` ${nodes[node]!.name}`), words, width));
    const common = Float64Array.from({ length: width }, (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
    const weight = new Float32Array(width * rows.length);
    for (const [place, row] of rows.entries()) {
      const own = row.map((value, i) => value - common[i]!);
      const scale = length / Math.hypot(...own);
      for (let i = 0; i < width; i++) weight[i * rows.length + place] = own[i]! * scale; // [width, classes]
    }
    const tensor = { dtype: "float32", shape: [width, rows.length], data: weight } as const;
    await writeWhole(resolve(out), writeSafetensors(new Map([["resampler.input.evidence.weight", tensor]])), { makeFolders: true });
    return { out: resolve(out), classes: rows.length };
  } finally {
    await opened.close();
  }
};
export default prepare;

function meanOf(tokens: readonly number[], words: Float32Array, width: number): Float64Array {
  return Float64Array.from({ length: width }, (_, i) => tokens.reduce((sum, token) => sum + words[token * width + i]!, 0) / tokens.length);
}
