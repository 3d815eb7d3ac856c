/** Where the weights of published language models are, as Hugging Face transformers names them. */
import type { LanguageConfig } from "../../model/language/config.ts";
import type { TensorNames } from "./language/family.ts";
import type { PublishedShapes } from "./published-model.ts";
import { exactly, type Harmless, type WeightMap, type WeightOrigin } from "./weight-map.ts";

/** Which rows of a joined layer are queries, keys and values: a part of it, seen in a shape in which that part is one piece. */
function joinedPart(
  by: "rows" | "heads",
  which: 0 | 1 | 2,
  { heads, headDim, keyHeads, width }: LanguageConfig,
  kind: "weight" | "bias",
): Partial<WeightOrigin> {
  if (by === "heads") {
    const seenAs = kind === "weight" ? [heads, 3, headDim, width] : [heads, 3, headDim];
    return { seenAs, part: { axis: 1, start: which, end: which + 1 } };
  }
  const [queries, keys] = [heads * headDim, keyHeads * headDim];
  const [start, end] = which === 0 ? [0, queries] : [queries + (which - 1) * keys, queries + which * keys];
  return { part: { axis: 0, start, end } };
}

/** Queries, keys and values in GPT-2's matrices, which lie side by side, not below each other. */
function besideEachOther(origin: Partial<WeightOrigin>): Partial<WeightOrigin> {
  return origin.part === undefined ? origin : { ...origin, part: { ...origin.part, axis: 1 } };
}

export interface LanguageNames {
  /** What all published names begin with, such as OpenFlamingo's `lang_encoder.` */
  readonly prefix: string;
  /** The base model's name. */
  readonly base: string;
}

/** How published tensors are called: a base model that was saved without its head, as GPT-2 and some OPTs are on the hub, does not name itself. */
export function namesIn(family: TensorNames, published: PublishedShapes, prefix = ""): LanguageNames {
  const { base, embedding } = family;
  const alone = !published.has(`${prefix}${base}${embedding}.weight`) && published.has(`${prefix}${embedding}.weight`);
  return { prefix, base: alone ? "" : base };
}

/** Where every `language.*` weight of a config is in a published language model. */
export function languageWeights(family: TensorNames, config: LanguageConfig, { prefix = "", base = family.base }: Partial<LanguageNames> = {}): WeightMap {
  const map = new Map<string, WeightOrigin>();
  const put = (path: string, from: string, rest: Partial<WeightOrigin> = {}): void => void map.set(`language.${path}`, { from: prefix + base + from, ...rest });
  const norm = (path: string, from: string): void => {
    put(`${path}.scale`, `${from}.weight`, family.normOffset === undefined ? {} : { added: family.normOffset });
    put(`${path}.bias`, `${from}.bias`);
  };
  put("embedding.weight", `${family.embedding}.weight`);
  map.set("language.head.weight", { from: `${prefix}${family.head}.weight` });
  if (family.positions !== undefined) put("positions.weight", `${family.positions}.weight`);
  norm("norm", family.norm);
  for (const [layer, name] of Object.entries(family.beside ?? {})) put(`${layer}.weight`, `${name}.weight`);
  const transposed = family.transposed === true ? { transposed: true } : {};
  for (let i = 0; i < config.blocks; i++) {
    const [ours, theirs] = [`blocks.${i}`, family.block(i)];
    for (const [layer, name] of Object.entries(family.layers)) {
      if (layer.endsWith("Norm")) norm(`${ours}.${layer}`, `${theirs}.${name}`);
      else {
        put(`${ours}.${layer}.weight`, `${theirs}.${name}.weight`, transposed);
        put(`${ours}.${layer}.bias`, `${theirs}.${name}.bias`);
      }
    }
    if (family.gateAndUp !== undefined)
      (["gate", "up"] as const).forEach((layer, which) => {
        const part = { axis: 0, start: which * config.hidden, end: (which + 1) * config.hidden };
        put(`${ours}.feedForward.${layer}.weight`, `${theirs}.${family.gateAndUp}.weight`, { part });
      });
    if (family.joined === undefined) continue;
    const { name, by } = family.joined;
    (["query", "key", "value"] as const).forEach((layer, which) => {
      const part = joinedPart(by, which as 0 | 1 | 2, config, "weight");
      put(`${ours}.attention.${layer}.weight`, `${theirs}.${name}.weight`, { ...(family.transposed === true ? besideEachOther(part) : part), ...transposed });
      put(`${ours}.attention.${layer}.bias`, `${theirs}.${name}.bias`, joinedPart(by, which as 0 | 1 | 2, config, "bias"));
    });
  }
  return { origins: map, harmless: harmlessOf(family, config, prefix, base) };
}

function harmlessOf({ embedding, head, computed }: TensorNames, config: LanguageConfig, prefix: string, base: string): Harmless[] {
  const tied: Harmless = {
    prefix,
    names: exactly(`${head}.weight`),
    what: "the head that the config ties to the embedding",
    // transformers 4 ties them whatever the file holds, transformers 5 does not where they differ.
    sameAs: () => `${prefix}${base}${embedding}.weight`,
  };
  return [...(config.tiedEmbeddings ? [tied] : []), ...(computed?.(config) ?? []).map((each) => ({ prefix: prefix + base, ...each }))];
}
