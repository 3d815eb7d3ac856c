/** Rotary positions: pairs of channels turned by angles. */
import { sameShape } from "../dimension.ts";
import { apply, type Operator, ShapeError, type Tensor } from "../tensor.ts";
import { negate } from "./elementwise.ts";

export interface RotationAttributes {
  /** Channel `2i` is paired with `2i + 1`. Otherwise `i` with `i + pairs`. */
  readonly interleaved: boolean;
}

/** Cosines and sines of the angles by which pairs turn, in a table, and where each token's lie in it. */
export interface Rotation {
  /** [places, pairs] */
  readonly cosine: Tensor;
  /** [places, pairs] */
  readonly sine: Tensor;
  /** int64 [batch, tokens]; [1] where the tokens of every row follow one another from this place on */
  readonly places: Tensor;
}

export const rotationOperator: Operator<RotationAttributes> = {
  name: "rotation",
  shape(inputs) {
    const [x, places, cosine, sine] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const [batch, , tokens, headDim] = x.shape;
    if (x.shape.length !== 4 || typeof x.shape[1] !== "number")
      throw new ShapeError("rotation", inputs, "what is turned must be [batch, heads, tokens, headDim]");
    const pairs = cosine.shape[1];
    if (cosine.shape.length !== 2 || cosine.shape.join() !== sine.shape.join() || typeof pairs !== "number" || 2 * pairs > Number(headDim))
      throw new ShapeError("rotation", inputs, `cosines and sines must be [places, pairs], of at most ${Number(headDim) / 2} pairs`);
    const counted = places.shape.length === 1 && places.shape[0] === 1;
    if (places.dtype !== "int64" || !(counted || sameShape(places.shape, [batch!, tokens!])))
      throw new ShapeError("rotation", inputs, `the places must be int64 [${batch}, ${tokens}] or [1]`);
    return [x];
  },
  onnx(emitter, { inputs: [x, , cosine], attributes: { interleaved } }, inputs, outputs) {
    const turning = 2 * (cosine!.shape[1] as number);
    const attributes = {
      interleaved: Number(interleaved),
      num_heads: x!.shape[1] as number,
      // Zero stands for all channels.
      rotary_embedding_dim: turning === x!.shape[3] ? 0 : turning,
    };
    emitter.node("RotaryEmbedding", inputs, outputs, attributes, "com.microsoft");
  },
  gradient: ({ inputs: [, places, cosine, sine], attributes }, [dy]) => [dy && apply(rotationOperator, [dy, places!, cosine!, negate(sine!)], attributes)],
};

/**
 * Turns the first `2·pairs` channels of every head; channels beyond them stay as they are. Angles are constants: gradients flow to `x` alone.
 * @param x - [batch, heads, tokens, headDim]
 */
export function rotation(x: Tensor, { cosine, sine, places }: Rotation, attributes: RotationAttributes): Tensor {
  return apply(rotationOperator, [x, places, cosine, sine], attributes);
}
