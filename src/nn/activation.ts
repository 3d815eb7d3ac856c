import * as z from "zod";
import { add, gelu, multiply, quickGelu, relu, sigmoid, silu, square, squaredRelu, type Tensor } from "../graph/graph.ts";

/**
 * The activation of a feed-forward layer. `swiGlu` is the gated form `silu(gate) ⊙ up` (LLaMA), `geGlu` that with `geluTanh` (Gemma); they have a third matrix.
 * `gelu` is exact (GPT-NeoX, MPT, OpenFlamingo), `geluTanh` the approximation of GPT-2, `quickGelu` that of OpenAI's CLIP.
 */
export const activationName: z.ZodEnum<{
  gelu: "gelu";
  geluTanh: "geluTanh";
  quickGelu: "quickGelu";
  relu: "relu";
  squaredRelu: "squaredRelu";
  silu: "silu";
  swiGlu: "swiGlu";
  geGlu: "geGlu";
}> = z.enum(["gelu", "geluTanh", "quickGelu", "relu", "squaredRelu", "silu", "swiGlu", "geGlu"]);
export type ActivationName = z.output<typeof activationName>;

/** The plain function inside the layer; for gated ones that of their gate. */
export const activations: Readonly<Record<ActivationName, (x: Tensor) => Tensor>> = {
  gelu,
  geluTanh,
  quickGelu,
  relu,
  squaredRelu,
  silu,
  swiGlu: silu,
  geGlu: geluTanh,
};

/** Those whose layer has a third matrix, which the activation's result is multiplied with. */
export const gated: ReadonlySet<ActivationName> = new Set(["swiGlu", "geGlu"]);

/** `x/2 · (1 + tanh(√(2/π)·(x + 0.044715x³)))`, written with the sigmoid: `(1 + tanh z)/2 = sigmoid(2z)`. */
export function geluTanh(x: Tensor): Tensor {
  const slope = 2 * Math.sqrt(2 / Math.PI);
  return multiply(x, sigmoid(multiply(x, add(multiply(square(x), slope * 0.044715), slope))));
}
