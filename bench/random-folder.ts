import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeSafetensors } from "../src/checkpoint/safetensors.ts";
import { type FlamingoConfigInput, parseFlamingoConfig } from "../src/model/config.ts";
import { Flamingo, flamingoParts, partOf } from "../src/model/flamingo.ts";
import { initialValues } from "../src/nn/initialisers.ts";

const nano = fileURLToPath(new URL("../models/nano", import.meta.url));

/** A folder with a model of nano's shape and random weights, whose answers hardly ever end by themselves: each has as many tokens as are asked for. */
export async function randomNanoFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-load-"));
  const description = JSON.parse(await readFile(join(nano, "flamingo.json"), "utf8")) as { config: FlamingoConfigInput };
  const network = new Flamingo(parseFlamingoConfig(description.config));
  const weights = [...network.parameters()].map(([path, tensor]) => {
    return [path, { dtype: "float32" as const, shape: tensor.shape as readonly number[], data: initialValues(tensor, 1) }] as const;
  });
  const parts: Record<string, object> = {};
  for (const part of flamingoParts) {
    const bytes = writeSafetensors(new Map(weights.filter(([path]) => partOf(path) === part)));
    const file = `${part}.safetensors`;
    await writeFile(join(folder, file), bytes);
    parts[part] = { file, sha256: createHash("sha256").update(bytes).digest("hex"), licence: "none", source: "random" };
  }
  await copyFile(join(nano, "tokenizer.json"), join(folder, "tokenizer.json"));
  await writeFile(join(folder, "flamingo.json"), JSON.stringify({ ...description, parts }));
  return folder;
}
