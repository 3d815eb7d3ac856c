import { type DocumentPiece, tokenizeDocument } from "../../src/data/document.ts";
import { mediaView } from "../../src/data/media-view.ts";
import type { Picture } from "../../src/data/picture.ts";
import { preprocess, preprocessingConfig } from "../../src/data/preprocessing.ts";
import type { Tokenizer } from "../../src/data/tokenizer.ts";
import { input, mergeAxes, reshape, toOnnx } from "../../src/graph/graph.ts";
import { mediaViewInputs } from "../../src/model/fusion/media-view.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import type { TinyModel } from "./tiny-model.ts";

const runtime = createRuntime({ device: "cpu", threads: 1, worker: false });

/**
 * The model without any cache: pixels and all tokens go in at once, scores after every token come out. What generation does step by step must agree with this.
 * @returns [tokens][vocabulary]
 */
export async function fullPass(
  { network, weights }: TinyModel,
  tokenizer: Tokenizer,
  pieces: readonly (Picture | "end" | string)[],
  continuation: readonly number[] = [],
): Promise<Float32Array[]> {
  const document = tokenizeDocument(
    pieces.map((piece): DocumentPiece<Picture> => {
      if (piece === "end") return { kind: "endOfChunk", learn: false };
      return typeof piece === "string" ? { kind: "text", text: piece, learn: false } : { kind: "media", medium: piece };
    }),
    tokenizer,
    { image: "<image>", endOfChunk: "<|endofchunk|>" },
  );
  const tokens = [...document.tokens, ...continuation];
  const mediaOf = [...document.mediaOf, ...continuation.map(() => document.media.length - 1)];
  const { attend } = network.config.fusion;
  const [height, width] = network.vision.imageSize;
  const features = network.vision.forward(input("pixels", "float32", ["media", 3, height, width]));
  const framed = reshape(features, ["media", 1, network.vision.spatial, network.vision.width]);
  const hooks = network.fusion.hooks(network.fusion.mediaKeysValues(network.resampler.forward(framed)), mediaViewInputs(attend));
  const { logits } = network.language.forward({ tokens: input("tokens", "int64", ["batch", "tokens"]), ...hooks });
  const session = await (await runtime).compile(toOnnx({ outputs: { logits: mergeAxes(logits, 0, 1) } }), weights);
  const config = preprocessingConfig.parse({ size: [height, width], fit: "pad", mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] });
  const media = document.media.length === 0 ? [{ width: 1, height: 1, data: new Uint8ClampedArray(3) }] : document.media;
  const pixels = new Float32Array(media.length * 3 * height * width);
  media.forEach((picture, i) => pixels.set(preprocess(picture, config), i * 3 * height * width));
  const result = await session.run({
    pixels: { dtype: "float32", shape: [media.length, 3, height, width], data: pixels },
    tokens: { dtype: "int64", shape: [1, tokens.length], data: BigInt64Array.from(tokens, BigInt) },
    ...mediaView([{ mediaOf }], { tokens: tokens.length, attend }),
  });
  const data = result["logits"]!.data as Float32Array;
  const size = data.length / tokens.length;
  return tokens.map((_, i) => data.subarray(i * size, (i + 1) * size));
}
