/** SigLIP's and NFNet's towers, in the files of transformers and timm, against what those compute with them. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { timmNfnetWeights } from "../../src/checkpoint/published/timm-nfnet.ts";
import { type PublishedVision, publishedVision } from "../../src/checkpoint/published/vision-config.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { input } from "../../src/graph/graph.ts";
import { nfnetConfig } from "../../src/model/vision/nfnet.ts";
import { visionSizes } from "../../src/model/vision/sizes.ts";
import { createVisionEncoder, visionConfig } from "../../src/model/vision/vision.ts";
import { Scope } from "../../src/nn/scope.ts";
import { compile, floats } from "../model/support.ts";
import { measured } from "./measured.ts";
import { fixtures, mappedWeights, readJson, readReference, relativeDifference } from "./published-model.ts";

/** The features of pictures, and what the reference has for them. */
async function features(
  name: string,
  { config, weights }: Pick<PublishedVision, "config" | "weights">,
): Promise<{ readonly found: Float32Array; readonly expected: Float32Array }> {
  const { tensors } = await readReference(name);
  const scope = new Scope();
  const encoder = createVisionEncoder(scope.child("vision"), config);
  const [height, width] = encoder.imageSize;
  const shape = [tensors["pixels"]!.length / (3 * height * width), 3, height, width];
  const opened = await openWeightsAt(join(fixtures, name, "model.safetensors"));
  const values = await mappedWeights(weights, opened.file.weights, scope.parameters());
  await opened.close();
  const run = await compile({ features: encoder.forward(input("pixels", "float32", shape)) });
  const { features: found } = await run({ ...Object.fromEntries(values), pixels: floats(shape, tensors["pixels"]!) });
  return { found: found!, expected: tensors["features"]! };
}

test("SigLIP gives what transformers gives", async () => {
  const { found, expected } = await features("vision-siglip", publishedVision(await readJson("vision-siglip/config.json"), "siglip"));
  expect(measured("vision-siglip", relativeDifference(found, expected))).toBeLessThan(1e-5);
});

test.each(["clip", "siglip"])("a tower that transformers 5 saved alone gives what it gives: %s", async (kind) => {
  const name = `vision-${kind}-alone`;
  const opened = await openWeightsAt(join(fixtures, name, "model.safetensors"));
  await opened.close();
  expect([...opened.file.weights.keys()].filter((tensor) => tensor.startsWith("vision_model."))).toEqual([]);
  const { found, expected } = await features(name, publishedVision(await readJson(`${name}/config.json`), name, {}, opened.file.weights));
  expect(measured(name, relativeDifference(found, expected))).toBeLessThan(1e-5);
});

test("NFNet gives what timm gives", async () => {
  const sizes = { depths: [1, 1, 2, 1], channels: [16, 16, 32, 32], stem: [4, 8, 16, 32], groupSize: 8, width: 32 };
  const config = nfnetConfig.parse({ kind: "nfnet", imageSize: 64, ...sizes });
  const { found, expected } = await features("vision-nfnet", { config, weights: timmNfnetWeights(config) });
  expect(measured("vision-nfnet", relativeDifference(found, expected))).toBeLessThan(1e-5);
});

describe("a published description", () => {
  const transformers = (kind: string, width: number, layers: number, more: object): object => ({
    model_type: kind,
    hidden_size: width,
    intermediate_size: 4 * width,
    num_hidden_layers: layers,
    num_attention_heads: width / 64,
    ...more,
  });
  const openClip = (width: number, layers: number, patch: number, more: object = {}): object => ({
    model_cfg: { embed_dim: 512, vision_cfg: { image_size: 224, width, layers, patch_size: patch, ...more }, text_cfg: {} },
  });

  test.each([
    ["SigLIP B/16", transformers("siglip_vision_model", 768, 12, { patch_size: 16 }), visionSizes["siglip-b-16-224"]],
    [
      "SigLIP so400m/14 at 384",
      {
        model_type: "siglip",
        vision_config: { hidden_size: 1152, intermediate_size: 4304, num_hidden_layers: 27, num_attention_heads: 16, image_size: 384, patch_size: 14 },
      },
      visionSizes["siglip-so400m-14-384"],
    ],
    ["OpenAI's CLIP B/32", transformers("clip_vision_model", 768, 12, { patch_size: 32 }), visionSizes["clip-vit-b-32"]],
    ["OpenAI's CLIP B/16", transformers("clip_vision_model", 768, 12, { patch_size: 16 }), visionSizes["clip-vit-b-16"]],
    ["LAION's CLIP B/32", openClip(768, 12, 32), visionSizes["clip-vit-b-32-laion"]],
    ["LAION's CLIP B/16", openClip(768, 12, 16), visionSizes["clip-vit-b-16-laion"]],
    ["LAION's CLIP L/14", openClip(1024, 24, 14), visionSizes["clip-vit-l-14-laion"]],
    ["LAION's CLIP H/14", openClip(1280, 32, 14, { head_width: 80 }), { ...visionSizes["clip-vit-h-14"], classToken: false }],
    ["NFNet-F0", { architecture: "dm_nfnet_f0", pretrained_cfg: { input_size: [3, 192, 192] } }, { ...visionSizes["nfnet-f0"], imageSize: 192 }],
    [
      "open_clip's SigLIP B/16 of timm",
      { model_cfg: { vision_cfg: { image_size: 224, timm_model_name: "vit_base_patch16_siglip_224", timm_pool: "map", timm_proj: "none" }, text_cfg: {} } },
      { ...visionSizes["siglip-b-16-224"], activation: "gelu" },
    ],
    [
      "open_clip's SigLIP 2 so400m/14 of timm",
      { model_cfg: { vision_cfg: { image_size: 384, timm_model_name: "vit_so400m_patch14_siglip_384" } } },
      { ...visionSizes["siglip-so400m-14-384"], activation: "gelu" },
    ],
    ["NFNet-F6", { architecture: "dm_nfnet_f6" }, visionSizes["nfnet-f6"]],
  ])("is the named size: %s", (_, json, size) => {
    const scope = new Scope();
    const { config, weights } = publishedVision(json, "x");
    const expected = visionConfig.parse(size);
    // Published files say how wide the feed-forward layers are, also where that is the usual 4 times.
    expect(config).toEqual(
      expected.kind === "clip-vit" || expected.kind === "siglip-vit" ? { ...expected, hidden: expected.hidden ?? 4 * expected.width } : expected,
    );
    createVisionEncoder(scope.child("vision"), config);
    // Every weight of the tower has a name.
    expect([...scope.parameters().keys()].filter((path) => !weights.origins.has(path))).toEqual([]);
  });

  test("NFNet-F0's classifier has its names too where its verdict is wanted, and the head is left aside only where it is not", () => {
    const scope = new Scope();
    const { config, weights } = publishedVision({ architecture: "dm_nfnet_f0" }, "x", { classes: 1000 });
    createVisionEncoder(scope.child("vision"), config);
    expect([...scope.parameters().keys()].filter((path) => !weights.origins.has(path))).toEqual([]);
    expect(weights.origins.get("vision.classifier.weight")).toMatchObject({ from: "head.fc.weight" });
    expect(weights.harmless).toEqual([]);
    expect(() => publishedVision(transformers("clip_vision_model", 768, 12, { patch_size: 32 }), "x", { classes: 1000 })).toThrow(/unknown key "classes"/);
  });

  test("NFNet-F0 has as many weights as in timm", async () => {
    const { parameters } = (await readJson("vision-nfnet/reference.json")) as { parameters: number };
    const scope = new Scope();
    createVisionEncoder(scope.child("vision"), publishedVision({ architecture: "dm_nfnet_f0" }, "x").config);
    const sizes = [...scope.parameters().values()].map(({ shape }) => shape.reduce((product: number, size) => product * Number(size), 1));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(parameters);
  });

  test.each([
    ["another kind of tower", { model_type: "swin" }, /"swin" are not supported; supported are clip, .*siglip.*dinov2/],
    ["timm's other NFNets", { architecture: "nfnet_f0" }, /the tower nfnet_f0 of timm is not supported.*dm_nfnet_f0 to f6/],
    ["a ResNet of CLIP", { model_cfg: { vision_cfg: { image_size: 224, width: 64, layers: [3, 4, 6, 3] } } }, /vision_cfg\.(layers|patch_size)/],
    [
      "what open_clip has timm make otherwise",
      { model_cfg: { vision_cfg: { timm_model_name: "vit_base_patch16_siglip_224", timm_model_kwargs: { qk_norm: true } } } },
      /timm_model_kwargs.*only null/,
    ],
  ])("of %s is refused", (_, json, message) => {
    expect(() => publishedVision(json, "x")).toThrow(message);
  });
});
