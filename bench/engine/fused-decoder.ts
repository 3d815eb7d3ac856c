import { type BlockMatrix, blockProduct, concat, input, mergeAxes, multiply, reshape, rmsNorm, silu, split, type Tensor } from "../../src/graph/graph.ts";
import { applyAll, notDifferentiable, type Operator } from "../../src/graph/tensor.ts";
import type { LanguageConfig } from "../../src/model/language/config.ts";
import { Vocabulary } from "../../src/model/language/vocabulary.ts";
import { zeros } from "../../src/nn/initialisers.ts";
import type { Scope, Weight } from "../../src/nn/scope.ts";

/** The norm of a sum, and the sum. */
const sumNormOperator: Operator<{ epsilon: number }> = {
  name: "sumNorm",
  shape: ([x]) => [x!, x!],
  onnx: (emitter, { attributes }, inputs, [norm, sum]) =>
    emitter.node("SkipSimplifiedLayerNormalization", inputs, [norm!, "", "", sum!], { epsilon: { float: attributes.epsilon } }, "com.microsoft"),
  gradient: notDifferentiable,
};

/** Attention with what it needs around it: turns, writes new keys and values into the cache, which is the same memory before and after, and looks at all of it. */
const cachedAttentionOperator: Operator<{ heads: number; keyHeads: number; headDim: number; interleaved: boolean }> = {
  name: "cachedAttention",
  shape([x, key, value], { heads, headDim }) {
    return [{ dtype: "float32", shape: [x!.shape[0]!, x!.shape[1]!, heads * headDim] }, key!, value!];
  },
  onnx(emitter, { attributes: { heads, keyHeads, interleaved } }, [x, key, value, ...rest], outputs) {
    const attributes = { num_heads: heads, kv_num_heads: keyHeads, do_rotary: 1, rotary_interleaved: Number(interleaved) };
    emitter.node("GroupQueryAttention", [x!, "", "", key!, value!, ...rest], outputs, attributes, "com.microsoft");
  },
  gradient: notDifferentiable,
};

/**
 * A decoder of rotary positions, root-mean-square norms, SwiGLU and matrices in blocks, in as few nodes as ONNX Runtime has for it: one token of each row. Inputs `tokens` [batch, 1], `last` int32 [batch], the place of each
 * row's token, `total` int32 [], the largest of them and one, `cosine` and `sine` [places, headDim/2], `cache.{i}.key|value` [batch, keyHeads, size, headDim]. Outputs `logits` [batch, vocabulary] and `kept.{i}.key|value`, which have to be bound to the
 * memory of the caches.
 */
export function fusedDecoder(scope: Scope, config: LanguageConfig): Record<string, Tensor> {
  const { width, heads, keyHeads, headDim, hidden: inner, normEpsilon: epsilon, positions, blocks } = config;
  if (positions.kind !== "rotary" || config.norm !== "rms" || config.activation !== "swiGlu") throw new Error("only decoders like LLaMA have these nodes");
  const interleaved = positions.layout === "interleaved";
  const vocabulary = new Vocabulary(scope, config);
  const angles = ["cosine", "sine"].map((name) => input(name, "float32", ["places", headDim / 2]));
  const places = [input("last", "int32", ["batch"]), input("total", "int32", []), ...angles];
  const matrix = (name: string, outputs: number, inputs: number): BlockMatrix => blocksOf(at(scope, name).matrix("weight", [outputs, inputs], zeros));
  const scale = (name: string): Tensor => at(scope, name).parameter("scale", [width], zeros);
  const outputs: Record<string, Tensor> = {};
  let stream = mergeAxes(vocabulary.embed(input("tokens", "int64", ["batch", 1])), 0, 1); // [batch, width]
  let normed = rmsNorm(stream, scale("blocks.0.attentionNorm"), epsilon);
  const addNormed = (added: Tensor, norm: string): void => {
    [normed, stream] = applyAll(sumNormOperator, [added, stream, scale(norm)], { epsilon }) as [Tensor, Tensor];
  };
  for (let i = 0; i < blocks; i++) {
    const block = `blocks.${i}`;
    const attention = (name: string, count: number): BlockMatrix => matrix(`${block}.attention.${name}`, count * headDim, width);
    const joint = blockProduct(normed, joined([attention("query", heads), attention("key", keyHeads), attention("value", keyHeads)]));
    const cache = ["key", "value"].map((kind) => input(`cache.${i}.${kind}`, "float32", ["batch", keyHeads, "size", headDim]));
    const x = reshape(joint, ["batch", 1, (heads + 2 * keyHeads) * headDim]);
    const [attended, key, value] = applyAll(cachedAttentionOperator, [x, ...cache, ...places], { heads, keyHeads, headDim, interleaved }) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    outputs[`kept.${i}.key`] = key;
    outputs[`kept.${i}.value`] = value;
    addNormed(blockProduct(mergeAxes(attended, 0, 1), matrix(`${block}.attention.output`, width, heads * headDim)), `${block}.feedForwardNorm`);
    const [gate, up] = split(blockProduct(normed, joined(["gate", "up"].map((name) => matrix(`${block}.feedForward.${name}`, inner, width)))), 1, [
      inner,
      inner,
    ]) as [Tensor, Tensor];
    const down = matrix(`${block}.feedForward.down`, width, inner);
    addNormed(blockProduct(multiply(silu(gate), up), down), i + 1 < blocks ? `blocks.${i + 1}.attentionNorm` : "norm");
  }
  return { logits: vocabulary.logits(normed), ...outputs };
}

function at(scope: Scope, path: string): Scope {
  return path.split(".").reduce((inner, name) => inner.child(name), scope);
}

function blocksOf(weight: Weight): BlockMatrix {
  if (!("bits" in weight)) throw new Error("only matrices in blocks have these nodes");
  return weight;
}

function joined(matrices: readonly BlockMatrix[]): BlockMatrix {
  const all = (part: (matrix: BlockMatrix) => Tensor): Tensor => concat(matrices.map(part), 0);
  const [{ bits, blockSize, shape, offsets }] = matrices as readonly [BlockMatrix];
  return {
    bits,
    blockSize,
    shape: [matrices.reduce((sum, each) => sum + each.shape[0], 0), shape[1]],
    codes: all(({ codes }) => codes),
    scales: all(({ scales }) => scales),
    offsets: offsets && all((each) => each.offsets!),
  };
}
