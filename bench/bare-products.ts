import { concat, evaluateDimension, input, matmul, parameter, reshape, slice, type Tensor, toOnnx, topologicalOrder } from "../src/graph/graph.ts";
import { zeros } from "../src/nn/initialisers.ts";
import type { HostTensor, Runtime } from "../src/runtime/runtime.ts";
import { noise } from "./random-model.ts";

export interface BareProducts {
  readonly count: number;
  /** Multiplications and additions. */
  readonly operations: number;
  run(): Promise<unknown>;
}

/** The matrix products of a graph and nothing else, each by itself, with the same shapes; weights are weights here too. */
export async function bareProducts(outputs: Readonly<Record<string, Tensor>>, sizes: ReadonlyMap<string, number>, runtime: Runtime): Promise<BareProducts> {
  const products = topologicalOrder(Object.values(outputs)).filter(({ operator }) => operator.name === "matmul");
  const feeds: Record<string, HostTensor> = {};
  const weights = new Map<string, HostTensor>();
  let operations = 0;
  const firsts = products.map(({ inputs, attributes }, i) => {
    const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
    const [a, b] = inputs.map((operand, side) => {
      const shape = operand.shape.map((dim) => evaluateDimension(dim, sizes)!);
      const name = `product${i}.${side}`;
      if (isWeight(operand)) {
        weights.set(name, noise(shape));
        return parameter(name, shape, zeros);
      }
      feeds[name] = noise(shape);
      return input(name, "float32", shape);
    }) as [Tensor, Tensor];
    const result = matmul(a, b, { transposeA, transposeB });
    const inner = a.shape.at(transposeA ? -2 : -1) as number;
    operations += 2 * inner * (result.shape as readonly number[]).reduce((product, size) => product * size, 1);
    // One number of each result, so that the product has to be made and nothing has to be copied.
    const first = result.shape.reduce<Tensor>((part, _, axis) => slice(part, axis, 0, 1), result);
    return reshape(first, [1]);
  });
  const session = await runtime.compile(toOnnx({ outputs: { firsts: concat(firsts, 0) } }), weights);
  return { count: products.length, operations, run: () => session.run(feeds) };
}

/** A parameter, or one that was only turned or reshaped. */
function isWeight({ node }: Tensor): boolean {
  return node.operator.name === "parameter" || (node.inputs.length === 1 && ["transpose", "reshape"].includes(node.operator.name) && isWeight(node.inputs[0]!));
}
