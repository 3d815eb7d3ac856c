/** Turning pairs of channels by angles, as rotary positions do. Angles come from positions: gradients flow through them, not into them. */
import { type Dim, elementCount } from "../dimension.ts";
import { constant } from "../leaves.ts";
import { apply, type Operator, ShapeError, type Tensor } from "../tensor.ts";
import { negate } from "./elementwise.ts";
import { iota } from "./indexing.ts";
import { mergeAxes, reshape } from "./layout.ts";

/** How the channels that turn together are paired: `half`, channel `i` with `i + dims/2` (GPT-NeoX, LLaMA); `interleaved`, `2i` with `2i + 1` (GPT-J). */
export type RotaryLayout = "half" | "interleaved";

/** Cosine and sine of the angle by which each pair of channels turns: float32 [rows, tokens, pairs]; `rows` is the batch where rows differ, else 1. */
export interface RotaryAngles {
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

/** The same for places that come one after the other: float32 [places, pairs]. */
export type RotaryTable = RotaryAngles;

export const rotateOperator: Operator<{ heads: number; layout: RotaryLayout }> = {
  name: "rotate",
  cheap: true,
  shape(inputs, { heads }) {
    const [x, places, cosine, sine] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const [batch, tokens, width] = x.shape;
    const [rows, pairs] = cosine.shape;
    if (x.shape.length !== 3 || typeof width !== "number" || width % heads !== 0 || typeof pairs !== "number")
      throw new ShapeError("rotate", inputs, `needs [batch, tokens, heads*headDim] with ${heads} heads, and a known number of pairs`);
    const headDim = width / heads;
    if (2 * pairs > headDim) throw new ShapeError("rotate", inputs, `${pairs} pairs are more than the ${headDim} channels of a head`);
    const shared = places.shape.length === 1 && rows === tokens;
    const each = places.shape.length === 2 && places.shape[0] === batch && places.shape[1] === tokens;
    if (!(shared || each) || cosine.shape.length !== 2 || sine.shape.length !== 2 || sine.shape[0] !== rows || sine.shape[1] !== pairs)
      throw new ShapeError("rotate", inputs, "cosines and sines must be those of every token of [batch, tokens], by its place, or of one row that all share");
    return [x];
  },
  onnx(emitter, { inputs: [, , cosine], attributes: { heads, layout } }, inputs, outputs) {
    const attributes = { interleaved: Number(layout === "interleaved"), num_heads: heads, rotary_embedding_dim: 2 * (cosine!.shape[1] as number) };
    emitter.node("RotaryEmbedding", inputs, outputs, attributes, "com.microsoft");
  },
  // A rotation's transpose turns the other way.
  gradient: ({ inputs: [, places, cosine, sine], attributes }, [dy]) => [dy && apply(rotateOperator, [dy, places!, cosine!, negate(sine!)], attributes)],
};

/**
 * Turns the first channels of every head by the angles of their position; channels beyond the pairs stay as they are (partial rotary).
 * @param x - float32 [batch, tokens, heads*headDim]
 */
export function rotate(x: Tensor, heads: number, { cosine, sine }: RotaryAngles, layout: RotaryLayout): Tensor {
  const [rows, tokens] = cosine.shape as readonly [Dim, Dim, Dim];
  // ONNX Runtime reads angles from a table; where all rows share it, it asks only where the first token begins.
  const places = rows === 1 ? constant([0], [1], "int64") : reshape(iota(elementCount([rows, tokens])), [rows, tokens]);
  return apply(rotateOperator, [x, places, mergeAxes(cosine, 0, 1), mergeAxes(sine, 0, 1)], { heads, layout });
}

/**
 * As {@link rotate}, by angles from a table.
 * @param places - of each token in the table: int64 [batch, tokens]
 * @param table - [places, pairs]
 */
export function rotateBy(x: Tensor, heads: number, places: Tensor, { cosine, sine }: RotaryTable, layout: RotaryLayout): Tensor {
  return apply(rotateOperator, [x, places, cosine, sine], { heads, layout });
}
