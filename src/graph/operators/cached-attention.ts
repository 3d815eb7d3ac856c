/** Attention of one token of each row, as one node with all that it needs around it. It is for inference: nothing flows back. */
import { type Dim, sameShape } from "../dimension.ts";
import { applyAll, notDifferentiable, type Operator, ShapeError, type Tensor } from "../tensor.ts";
import type { RotaryLayout, RotaryTable } from "./rotation.ts";

export interface CachedAttentionOptions {
  readonly heads: number;
  /** Factor of the scores. */
  readonly scale: number;
  /** Largest score: beyond it a tanh flattens, before the bias. Default: none. */
  readonly cap?: number | undefined;
  /** How many tokens a row looks back at, the new one included. Default: all. */
  readonly window?: number | undefined;
  readonly layout?: RotaryLayout | undefined;
}

interface CachedAttentionAttributes extends CachedAttentionOptions {
  /** Which inputs there are beside queries, caches and lengths. */
  readonly packed: boolean;
  readonly turns: boolean;
}

const cachedAttentionOperator: Operator<CachedAttentionAttributes> = {
  name: "cachedAttention",
  shape(inputs, { heads, packed, turns }) {
    const [query] = inputs as [Tensor];
    const [key, value, lengths, ...rest] = inputs.slice(packed ? 1 : 3) as [Tensor, Tensor, Tensor, ...Tensor[]];
    const [batch, keyHeads, size, headDim] = key.shape as readonly [Dim, number, Dim, number];
    const problem = (text: string): ShapeError => new ShapeError("cachedAttention", inputs, text);
    if (key.shape.length !== 4 || !sameShape(key.shape, value.shape)) throw problem("caches must be [batch, keyHeads, size, headDim]");
    const widths = packed ? [(heads + 2 * keyHeads) * headDim] : [heads * headDim, keyHeads * headDim, keyHeads * headDim];
    if (widths.some((width, i) => !sameShape(inputs[i]!.shape, [batch, 1, width])))
      throw problem(`queries, keys and values must be those of one token of each row: ${widths.map((width) => `[${batch}, 1, ${width}]`).join(", ")}`);
    if (lengths.dtype !== "int32" || !sameShape(lengths.shape, [batch])) throw problem(`lengths must be int32 [${batch}]`);
    if (turns && rest[0]!.shape.length !== 2) throw problem("cosines and sines must be [places, pairs]");
    const bias = rest[turns ? 2 : 0];
    if (bias !== undefined && bias.shape.at(-1) !== size) throw problem(`a bias must be [1 or batch, 1 or heads, 1, ${size}]`);
    return [{ dtype: "float32", shape: [query.shape[0]!, 1, heads * headDim] }, key, value];
  },
  onnx(emitter, { inputs, attributes: { heads, scale, cap, window, layout, packed, turns } }, names, outputs) {
    const [, keyHeads, size] = inputs[packed ? 1 : 3]!.shape as readonly [Dim, number, Dim];
    const [query, ...others] = packed ? [names[0]!, "", "", ...names.slice(1)] : names;
    const [cosine = "", sine = "", bias = ""] = turns ? others.slice(5) : ["", "", ...others.slice(5)];
    // Of how many places there are the node only wants to know that they suffice. A bias must be as wide.
    const total = emitter.value("Cast", [emitter.sizes([size])], { to: 6 });
    // One more score in the softmax, which weighs nothing. With it ONNX Runtime has no kernel that cuts a row's keys into parts where there are more threads than rows and heads: then the last digits of a row would tell
    // how many there are beside it. It takes no longer (SmolLM2 after 512 tokens, medians of three rounds in turns: 9.7 ms of processor time a token, 9.9 without).
    const nothing = emitter.constant(new Array<number>(heads).fill(-1e30), [heads], "float32");
    const node = [query!, ...others.slice(0, 5), total, cosine, sine, "", bias, nothing];
    emitter.node(
      "GroupQueryAttention",
      node,
      outputs,
      {
        num_heads: heads,
        kv_num_heads: keyHeads,
        scale: { float: scale },
        ...(cap === undefined ? {} : { softcap: { float: cap } }),
        ...(window === undefined ? {} : { local_window_size: window }),
        ...(turns ? { do_rotary: 1, rotary_interleaved: Number(layout === "interleaved") } : {}),
      },
      "com.microsoft",
    );
  },
  gradient: notDifferentiable,
};

/** Queries, keys and values of one token of each row: float32 [batch, 1, count*headDim] each, or one tensor in which they follow one another. */
export type StepOperands = Tensor | readonly [query: Tensor, key: Tensor, value: Tensor];

export interface StepCache {
  /** float32 [batch, keyHeads, size, headDim] */
  readonly key: Tensor;
  readonly value: Tensor;
  /** How many places of each row are taken: int32 [batch], less than `size`. */
  readonly lengths: Tensor;
}

/**
 * Writes the new keys and values into the caches, behind the places that are taken, and attends to all of the row.
 * @param table - by which queries and keys are turned first, with as many places as the caches have at least; {@link fitsCachedAttention} says whether it can be
 * @param bias - added to the scores, [1 or batch, 1 or heads, 1, size]
 * @returns the attended values [batch, 1, heads*headDim], and the caches with the new token. On the CPU these have to be bound to the memory of the ones that are given: then nothing is copied
 */
export function cachedAttention(
  operands: StepOperands,
  { key, value, lengths }: StepCache,
  options: CachedAttentionOptions,
  { table, bias }: { readonly table?: RotaryTable | undefined; readonly bias?: Tensor | undefined } = {},
): readonly [attended: Tensor, key: Tensor, value: Tensor] {
  const packed = "dtype" in operands;
  const inputs = [
    ...(packed ? [operands] : operands),
    key,
    value,
    lengths,
    ...(table === undefined ? [] : [table.cosine, table.sine]),
    ...(bias === undefined ? [] : [bias]),
  ];
  return applyAll(cachedAttentionOperator, inputs, { ...options, packed, turns: table !== undefined }) as [Tensor, Tensor, Tensor];
}

/** Whether {@link cachedAttention} has a form for heads of this size, and whether it can turn so many pairs of their channels. */
export function fitsCachedAttention(headDim: number, pairs = 0): boolean {
  return headDim % 8 === 0 && (pairs === 0 || (headDim % 16 === 0 && pairs % 8 === 0));
}
