/**
 * Small models of our own with random weights, one for each family of language models, which OpenFlamingo's code loads once they are exported: tokenizers have fewer entries than the embedding has rows,
 * markers come after all rows. Run with a folder, it writes the exported files there with what they are of: for `tools/reference/openflamingo_export.py`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FileWriter } from "../../src/checkpoint/converted-folder.ts";
import { openFlamingoConfig } from "../../src/checkpoint/published/openflamingo-config.ts";
import { type ExportedModel, type OpenFlamingoExport, openFlamingoExport } from "../../src/checkpoint/published/openflamingo-export.ts";
import { pytorchFile } from "../../src/checkpoint/pytorch/pytorch-file.ts";
import { safetensorsFile } from "../../src/checkpoint/tensor-file.ts";
import { Random } from "../../src/data/random.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import type { LanguageConfigInput } from "../../src/model/language/config.ts";
import type { HostTensor } from "../../src/runtime/runtime.ts";

const vision = { kind: "clip-vit", imageSize: 28, patchSize: 14, width: 16, layers: 2, heads: 2 } as const;
const sizes = { vocabulary: 24, extraTokens: 2, blocks: 4, heads: 2, maxTokens: 32 };
const noBias = { attention: false, feedForward: false, norm: false };

/** Entries of the language models' own tokenizers. */
export const entries = 20;
/** Ours; OpenFlamingo's are 20, 21 and, for padding, 22. */
export const end: number = sizes.vocabulary;
export const image: number = sizes.vocabulary + 1;

export const languages = {
  neox: { ...sizes, width: 24, hidden: 40, normEpsilon: 1e-3, positions: { kind: "rotary", share: 0.5 }, residual: "parallel", tiedEmbeddings: false },
  llama: { ...sizes, width: 24, hidden: 40, keyHeads: 1, norm: "rms", activation: "swiGlu", bias: noBias, tiedEmbeddings: false },
  opt: { ...sizes, width: 24, hidden: 40, positions: { kind: "learnt", offset: 2 }, activation: "relu" },
  mpt: { ...sizes, width: 16, positions: { kind: "alibi" }, bias: noBias },
  mosaic: { ...sizes, width: 16, positions: { kind: "alibi" }, bias: noBias, queryKeyNorm: "all" },
  gpt2: { ...sizes, width: 24, positions: { kind: "learnt" }, activation: "geluTanh" },
} as const satisfies Record<string, LanguageConfigInput>;
export type ExportedFamily = keyof typeof languages;
export const families = Object.keys(languages) as ExportedFamily[];

export interface RandomModel extends ExportedModel {
  readonly network: Flamingo;
  readonly weights: ReadonlyMap<string, HostTensor>;
}

/** Every number is a whole one divided by a power of two, the same on every machine. */
export function randomModel(family: ExportedFamily): RandomModel {
  const every = family === "neox" ? 2 : 1;
  const config = openFlamingoConfig({
    vision,
    language: languages[family],
    resampler: { heads: 2, headDim: 8, layers: 2, latents: 4, frames: 0 },
    fusion: { heads: 3, headDim: 4, every },
  });
  const network = new Flamingo(config);
  const weights = new Map(
    [...network.parameters()].map(([path, { shape }]): [string, HostTensor] => {
      const random = new Random(family, path);
      const [first, ...rest] = shape as readonly number[];
      const inputs = rest.reduce((product, size) => product * size, 1);
      const size = first! * inputs;
      // Large enough for every layer to be seen in the scores.
      const spread = /alpha$/.test(path)
        ? 1
        : rest.length === 0
          ? 0.5
          : /embedding|latents|positions/i.test(path)
            ? 2
            : 3 / 2 ** Math.ceil(Math.log2(inputs) / 2);
      const middle = path.endsWith("scale") ? 1 : 0;
      return [
        path,
        {
          dtype: "float32",
          shape: shape as readonly number[],
          data: Float32Array.from({ length: size }, () => middle + (spread * random.integer(-1024, 1024)) / 1024),
        },
      ];
    }),
  );
  const token = (content: string, id: number): object => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true });
  return {
    config,
    network,
    weights,
    description: { name: family, markers: { image: "<image>", endOfChunk: "<EOC>" } },
    tokenizerJson: {
      model: {
        type: "BPE",
        vocab: Object.fromEntries(Array.from({ length: entries }, (_, id) => [String.fromCodePoint(97 + id), id])),
        merges: [],
        unk_token: null,
      },
      added_tokens: [token("<EOC>", end), token("<image>", image)],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
    },
    async *read() {
      for (const [path, tensor] of weights) yield [path, new Map([[path, tensor]])];
    },
  };
}

/** What the models are asked: our tokens, and two pictures of whole numbers divided by 64, [2][3, 28, 28]. */
export const tokens: readonly number[] = [3, image, 5, 7, 11, end, image, 9, 2];
export const pixels: readonly Float32Array[] = [0, 1].map((i) => {
  const random = new Random("pixels", i);
  return Float32Array.from({ length: 3 * 28 * 28 }, () => random.integer(-128, 128) / 64);
});

/** A whole file in memory, its tensors by name, so that it is the same in whatever order a model declares its weights. */
export async function exportedFile(exported: OpenFlamingoExport, format: "pt" | "safetensors"): Promise<Uint8Array> {
  let bytes = new Uint8Array();
  const memory: FileWriter = {
    async write(piece, offset) {
      if (offset + piece.length > bytes.length) {
        const longer = new Uint8Array(offset + piece.length);
        longer.set(bytes);
        bytes = longer;
      }
      bytes.set(piece, offset);
    },
    finish: async () => "",
  };
  const file = await (format === "pt" ? pytorchFile : safetensorsFile)(memory, new Map([...exported.shapes].sort(byName)));
  const tensors: (readonly [string, Float32Array])[] = [];
  for await (const tensor of exported.tensors()) tensors.push(tensor);
  for (const [name, values] of tensors.sort(byName)) await file.write(name, values);
  await file.finish();
  return bytes;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

const folder = import.meta.main ? process.argv[2] : undefined;
if (folder !== undefined) {
  for (const family of families) {
    const exported = openFlamingoExport(randomModel(family));
    for (const format of ["pt", "safetensors"] as const) writeFileSync(join(folder, `${family}.${format}`), await exportedFile(exported, format));
  }
  const rows = new Map([
    [end, entries],
    [image, entries + 1],
  ]);
  const asked = { languages, vision, tokens: tokens.map((token) => rows.get(token) ?? token), pixels: pixels.map((each) => [...each]) };
  writeFileSync(join(folder, "asked.json"), JSON.stringify(asked));
}
