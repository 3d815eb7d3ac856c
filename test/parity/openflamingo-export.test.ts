/** What `flamingo convert --to openflamingo` writes, against OpenFlamingo's own code with those files loaded (`tools/reference/openflamingo_export.py`), and against our own reading of them. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelFolder } from "../../src/checkpoint/model-folder.ts";
import { openFlamingo, openFlamingoTensors } from "../../src/checkpoint/published/openflamingo.ts";
import { type ExportedModel, openFlamingoExport } from "../../src/checkpoint/published/openflamingo-export.ts";
import { readMapped } from "../../src/checkpoint/published/read-mapped.ts";
import type { StoredWeight } from "../../src/checkpoint/weight-file.ts";
import { openWeights } from "../../src/checkpoint/weights.ts";
import { type FlamingoConfigInput, parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import type { ClipVitConfig } from "../../src/model/vision/clip-vit.ts";
import { memorySource } from "../checkpoint/memory-source.ts";
import { end, entries, exportedFile, families, image, pixels, randomModel, tokens } from "./openflamingo-export-models.ts";
import { fixtures, readJson, relativeDifference, stages } from "./published-model.ts";

interface Reference {
  /** By family. */
  readonly models: Readonly<
    Record<string, { readonly sha256: Readonly<Record<"pt" | "safetensors", string>>; readonly logits: readonly (readonly number[])[] }>
  >;
}

const reference = (await readJson("openflamingo-export.json")) as Reference;

describe.each(families)("%s", (family) => {
  const model = randomModel(family);
  const expected = reference.models[family]!;

  test.each(["pt", "safetensors"] as const)("the .%s file is the one that OpenFlamingo loaded", async (format) => {
    const bytes = await exportedFile(openFlamingoExport(model), format);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(expected.sha256[format]);
  });

  test("the same logits", async () => {
    const run = await stages(model.network, model.weights);
    const { logits } = await run({ tokens: [tokens], pixels, image });
    // OpenFlamingo's columns: the language model's own entries, the two markers, and padding where its tokenizer has none.
    const columns = [...Array(entries).keys(), end, image];
    const ours = tokens.flatMap((_, i) => columns.map((column) => logits![i * (image + 1) + column]!));
    expect(relativeDifference(Float32Array.from(ours), Float32Array.from(expected.logits.flatMap((row) => row.slice(0, columns.length))))).toBeLessThan(1e-5);
    expect(expected.logits.map((row) => row.slice(columns.length))).toEqual(tokens.map(() => (family === "opt" ? [] : [0])));
  });
});

async function weightsIn(path: string): Promise<ReadonlyMap<string, StoredWeight>> {
  return (await openWeights(memorySource(await readFile(join(fixtures, path)), path))).weights;
}

describe.each([
  ["openflamingo-neox", "neox", 8],
  ["openflamingo-neox-every-2", "neox", 8],
  ["openflamingo-mpt", "mpt", 8],
  ["openflamingo-mosaic-gpt", "mosaic-gpt", 64],
] as const)("a published model, there and back: %s", async (name, language, headDim) => {
  const frozen = { language: await weightsIn(`${language}/model.safetensors`), vision: await weightsIn("clip/open_clip_pytorch_model.pt") };
  const languageConfig = await readJson(`${language}/config.json`);

  test.each([
    ["pt", false],
    ["pt", true],
    ["safetensors", false],
    ["safetensors", true],
  ] as const)("as .%s, trained parts alone: %s", async (format, onlyTrained) => {
    const opened = await openModelFolder(join(fixtures, name));
    try {
      const bytes = await exportedFile(openFlamingoExport(opened, { onlyTrained }), format);
      const checkpoint = (await openWeights(memorySource(bytes, name))).weights;
      expect([...checkpoint.keys()].some((tensor) => tensor.startsWith("vision_encoder."))).toBe(!onlyTrained);
      const published = openFlamingoTensors({ ...frozen, checkpoint });
      const { config, weights } = openFlamingo(published, { languageConfig, vision: opened.config.vision as ClipVitConfig, headDim }, name);
      expect(config).toEqual(opened.config);
      const shapes = new Map([...new Flamingo(config).parameters()].map(([path, { shape }]) => [path, shape as readonly number[]]));
      const found = new Map<string, unknown>();
      for await (const [path, { data }] of readMapped(weights, published, shapes, name)) found.set(path, data);
      let compared = 0;
      for await (const [path, stored] of opened.read()) {
        expect(found.get(path), path).toEqual(stored.get(path)!.data);
        compared++;
      }
      expect(compared).toBe(shapes.size);
      // Released checkpoints hold the same tensors, a tied head again, and some the masks that transformers kept as buffers at the time.
      if (!onlyTrained) return;
      const released = [...(await weightsIn(`${name}/checkpoint.pt`))].map(([tensor, { shape }]) => `${tensor} ${shape.join()}`);
      expect([...checkpoint].map(([tensor, { shape }]) => `${tensor} ${shape.join()}`).sort()).toEqual(
        released.filter((tensor) => !/attention\.bias |^lang_encoder\.lm_head\./.test(tensor)).sort(),
      );
    } finally {
      await opened.close();
    }
  });
});

describe("what OpenFlamingo cannot hold is named", () => {
  const model = randomModel("neox");
  const { vision, resampler, language, fusion } = model.config;
  const like = (change: Partial<Record<keyof FlamingoConfigInput, object>>): ExportedModel => ({
    ...model,
    config: parseFlamingoConfig({ vision, resampler, language, fusion, ...change }),
  });

  test.each<readonly [string, Partial<Record<keyof FlamingoConfigInput, object>>, readonly string[]]>([
    ["another encoder", { vision: { kind: "nfnet", imageSize: 32, width: 64, depths: [1, 1, 1, 1] } }, ['vision.kind is "nfnet", there it is "clip-vit"']],
    ["an encoder's class token", { vision: { ...vision, classToken: true } }, ["vision.classToken is true, there it is false"]],
    [
      "the paper's fusion layers",
      { fusion: { kind: "gated-cross-attention-dense", every: 2 } },
      [
        "fusion.offset is 0, there it is 1",
        'fusion.mediaProjection is "shared", there it is "none"',
        "fusion.mediaNorm is true, there it is false",
        'fusion.activation is "squaredRelu", there it is "gelu"',
      ],
    ],
    ["all media seen", { fusion: { ...fusion, attend: "all" } }, ['fusion.attend is "all", there it is "last"']],
    ["louder fusion layers", { fusion: { ...fusion, gateScale: 10 } }, ["fusion.gateScale is 10, there it is 1"]],
    ["an MLP for a resampler", { resampler: { kind: "mlp", width: 16 } }, ['resampler.kind is "mlp", there it is "perceiver"']],
    [
      "a resampler without its norm",
      { resampler: { ...resampler, finalNorm: false, channelNorm: true } },
      ["resampler.finalNorm is false, there it is true", "resampler.channelNorm is true, there it is false"],
    ],
    ["a resampler of another width", { resampler: { ...resampler, width: 32 } }, ["resampler.width is 32, there it is 16"]],
    ["positions of Gopher's", { language: { ...language, positions: { kind: "relative" } } }, ['language.positions.kind is "relative", there it is "rotary"']],
    [
      "a LLaMA with norms of queries and keys",
      {
        language: {
          ...language,
          norm: "rms",
          activation: "swiGlu",
          residual: "sequential",
          queryKeyNorm: "head",
          bias: { attention: false, feedForward: false, norm: false },
          positions: { kind: "rotary" },
        },
      },
      ['language.queryKeyNorm is "head", there it is "none"'],
    ],
  ])("%s", (_, change, problems) => {
    const call = (): unknown => openFlamingoExport(like(change));
    expect(call).toThrow("OpenFlamingo's code has no model like neox:\n");
    for (const problem of problems) expect(call).toThrow(problem);
  });

  test("tokens of our own", () => {
    const json = model.tokenizerJson as { added_tokens: object[] };
    const added = { id: image + 1, content: "<answer>", special: true };
    const tokenizerJson = { ...json, added_tokens: [...json.added_tokens, added] };
    expect(() => openFlamingoExport({ ...model, tokenizerJson })).toThrow(
      "neox has the added token <answer>: OpenFlamingo's tokenizer has only <|endofchunk|>, <image> and <PAD> beside the language model's own",
    );
  });

  test("what a model began with is no matter", () => {
    expect(openFlamingoExport(like({ fusion: { ...fusion, gateInitial: 0.5 }, resampler: { ...resampler, latentsDeviation: 0.02 } })).family.name).toBe("neox");
  });
});
