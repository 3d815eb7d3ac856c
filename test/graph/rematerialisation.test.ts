import { describe, expect, test } from "vitest";
import {
  add,
  gradients,
  input,
  layerNorm,
  matmul,
  multiply,
  parameter,
  sigmoid,
  silu,
  square,
  squaredRelu,
  sum,
  type Tensor,
  topologicalOrder,
} from "../../src/graph/graph.ts";
import { zeros } from "../../src/nn/initialisers.ts";

const weight = (name: string, ...shape: number[]): Tensor => parameter(name, shape, zeros);

/** What of a loss's own results its derivatives read, which is kept until then; but for inputs and weights, which are there anyway. */
function keptFor(loss: Tensor, weights: readonly Tensor[]): { readonly kept: ReadonlySet<Tensor>; readonly products: number } {
  const own = new Set(topologicalOrder([loss]));
  const all = topologicalOrder([loss, ...gradients(loss, weights)]);
  const read = all.filter((node) => !own.has(node)).flatMap(({ inputs }) => inputs);
  return {
    kept: new Set(read.filter(({ node }) => own.has(node) && node.inputs.length > 0)),
    products: all.filter(({ operator }) => operator.name === "matmul").length,
  };
}

describe("the backward pass", () => {
  test("reads the product before an activation, and makes the activation again", () => {
    const [up, down] = [weight("up", 4, 8), weight("down", 8, 4)];
    const inner = matmul(input("x", "float32", ["rows", 4]), up);
    const outer = matmul(squaredRelu(inner), down);
    const { kept, products } = keptFor(sum(square(outer), [0, 1]), [up, down]);
    expect(kept).toEqual(new Set([inner, outer]));
    // Two, and the derivatives of both weights and of what is between.
    expect(products).toBe(5);
  });

  test("makes what is made of two things again where it reads both", () => {
    const [gate, up, down] = [weight("gate", 4, 8), weight("up", 4, 8), weight("down", 8, 4)];
    const x = input("x", "float32", ["rows", 4]);
    const [gates, values] = [matmul(x, gate), matmul(x, up)];
    const outer = matmul(multiply(multiply(gates, sigmoid(gates)), values), down);
    expect(keptFor(sum(square(outer), [0, 1]), [gate, up, down]).kept).toEqual(new Set([gates, values, outer]));
    const gated = matmul(multiply(silu(gates), values), down);
    expect(keptFor(sum(square(gated), [0, 1]), [gate, up, down]).kept).toEqual(new Set([gates, values, gated]));
  });

  test("keeps a sum rather than the product in it, and of a norm what it is made of", () => {
    const [first, second, scale] = [weight("first", 4, 4), weight("second", 4, 4), weight("scale", 4)];
    const normed = (x: Tensor): Tensor => layerNorm(x, scale, undefined, 1e-5);
    const x = input("x", "float32", ["rows", 4]);
    const middle = add(x, matmul(normed(x), first));
    const end = add(middle, matmul(normed(middle), second));
    expect(keptFor(sum(square(end), [0, 1]), [first, second, scale]).kept).toEqual(new Set([middle, end]));
  });

  test("keeps all where there is no gradient with a size that is not known beforehand, since nothing can wait", () => {
    const [up, down] = [weight("up", 4, 8), weight("down", 8, 4)];
    const hidden = squaredRelu(matmul(input("x", "float32", [3, 4]), up));
    expect(keptFor(sum(square(matmul(hidden, down)), [0, 1]), [up, down]).kept).toContain(hidden);
  });
});
