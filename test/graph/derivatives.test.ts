import { afterAll, describe, expect, test } from "vitest";
import { Random } from "../../src/data/random.ts";
import type { Dim, Tensor } from "../../src/graph/graph.ts";
import * as graph from "../../src/graph/graph.ts";
import { productOperator } from "../../src/graph/operators/product.ts";
import { apply } from "../../src/graph/tensor.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";

const runtime = await createRuntime({ device: "cpu", threads: 1, worker: false });
afterAll(() => runtime.dispose());

interface Case {
  readonly name: string;
  /** Shapes of the operands; names are sizes that are drawn anew each time. */
  readonly shapes: readonly (readonly Dim[])[];
  readonly apply: (...operands: Tensor[]) => Tensor;
  /** Operands lie in this range. Default: -1 to 1. */
  readonly range?: readonly [number, number];
}

const elementwise = ["exp", "tanh", "sigmoid", "relu", "sin", "cos", "erf", "gelu", "quickGelu", "silu", "squaredRelu", "negate", "square"] as const;
const positive = ["log", "sqrt", "reciprocal"] as const;

/** Different angles for every token and pair. @returns cosines and sines [rows, tokens, pairs] */
function angles(rows: "batch" | 1, pairs: number): graph.RotaryAngles {
  const shape = [rows, "tokens", pairs];
  const places = graph.reshape(graph.cast(graph.iota(graph.elementCount(shape)), "float32"), shape);
  return { cosine: graph.cos(places), sine: graph.sin(places) };
}

const cases: readonly Case[] = [
  { name: "add", shapes: [["batch", 4], [4]], apply: (a, b) => graph.add(a, b) },
  {
    name: "subtract and divide, broadcast both ways",
    shapes: [
      ["batch", 4],
      ["batch", 1],
    ],
    apply: (a, b) => graph.divide(graph.subtract(a, b), graph.add(b, 3)),
  },
  {
    name: "multiply, a missing axis",
    shapes: [
      ["batch", "tokens", 3],
      ["tokens", 1],
    ],
    apply: (a, b) => graph.multiply(a, b),
  },
  { name: "maximum and minimum", shapes: [["batch", 4], [4]], apply: (a, b) => graph.add(graph.maximum(a, b), graph.multiply(2, graph.minimum(a, b))) },
  ...elementwise.map((name): Case => ({ name, shapes: [["batch", 4]], apply: (x) => graph[name](x) })),
  ...positive.map((name): Case => ({ name, shapes: [["batch", 4]], apply: (x) => graph[name](x), range: [0.5, 2] })),
  {
    name: "matmul",
    shapes: [
      ["batch", 4],
      [4, 6],
    ],
    apply: (a, b) => graph.matmul(a, b),
  },
  {
    name: "matmul, what is added in one operator with it: a row for all rows, and a matrix",
    shapes: [["batch", 4], [6, 4], [6], ["batch", 6]],
    apply(a, b, row, rows) {
      const flags = { transposeA: false, transposeB: true };
      return graph.multiply(apply(productOperator, [a, b, row], flags), apply(productOperator, [a, b, rows], flags));
    },
  },
  {
    name: "matmul, transposed weight",
    shapes: [
      ["batch", "tokens", 4],
      [6, 4],
    ],
    apply: (a, b) => graph.matmul(a, b, { transposeB: true }),
  },
  {
    name: "matmul, leading axes broadcast",
    shapes: [
      ["batch", 2, "tokens", 4],
      ["batch", 1, "past", 4],
    ],
    apply: (a, b) => graph.matmul(a, b, { transposeB: true }),
  },
  {
    name: "matmul, both transposed",
    shapes: [
      ["batch", 4, "tokens"],
      ["batch", 5, 4],
    ],
    apply: (a, b) => graph.matmul(a, b, { transposeA: true, transposeB: true }),
  },
  { name: "sum", shapes: [["batch", 4]], apply: (x) => graph.sum(graph.square(x), 1) },
  { name: "mean", shapes: [["batch", 4]], apply: (x) => graph.mean(graph.square(x), [0, 1]) },
  { name: "max", shapes: [["batch", 4]], apply: (x) => graph.max(x, 1) },
  { name: "softmax", shapes: [["batch", 4]], apply: (x) => graph.softmax(x) },
  { name: "logSoftmax", shapes: [["batch", 4]], apply: (x) => graph.logSoftmax(x) },
  { name: "layerNorm", shapes: [["batch", "tokens", 8], [8], [8]], apply: (x, scale, bias) => graph.layerNorm(x, scale, bias, 1e-5) },
  { name: "rmsNorm", shapes: [["batch", "tokens", 8], [8]], apply: (x, scale) => graph.rmsNorm(x, scale, 1e-5) },
  {
    name: "concat and slice by name",
    shapes: [
      ["batch", "tokens", 4],
      ["batch", "past", 4],
    ],
    apply: (a, b) => graph.slice(graph.square(graph.concat([a, b], 1)), 1, "tokens", "past+tokens"),
  },
  { name: "slice", shapes: [["batch", 6]], apply: (x) => graph.slice(x, 1, 2, 5) },
  {
    name: "split and transpose",
    shapes: [["batch", 6]],
    apply: (x) => {
      const [first, second] = graph.split(x, 1, [2, 4]);
      return graph.matmul(graph.transpose(first!, [1, 0]), second!);
    },
  },
  { name: "gather rows, one twice", shapes: [[5, 3]], apply: (x) => graph.gather(x, graph.constant([0, 4, 4, 2], [2, 2], "int64")) },
  {
    name: "gather rows of which the readers are known: one that nobody reads, one read again as padding, and zeros beyond the last",
    shapes: [
      [4, 3],
      [3, 3],
    ],
    apply(a, b) {
      // Row 0 is read at place 1, and by padding at place 3, which counts for nothing; nothing reads row 3.
      const taken = graph.gatherOnce(a, graph.constant([2, 0, 1, 0], [2, 2], "int64"), graph.constant([1, 2, 0, 4], [4], "int64"));
      const counted = graph.multiply(taken, graph.constant([1, 1, 1, 0], [2, 2, 1]));
      // Nothing reads row 1, whose reader names another one; place 2 is beyond the rows.
      const zeros = graph.gatherOnce(b, graph.constant([2, 0, 3], [3], "int64"), graph.constant([1, 0, 0], [3], "int64"), { zeroBeyond: true });
      return graph.add(graph.sum(graph.square(counted), [0, 1]), graph.sum(graph.multiply(zeros, graph.square(zeros)), 0));
    },
  },
  { name: "gather along an inner axis", shapes: [["batch", 5, 3]], apply: (x) => graph.gather(x, graph.constant([0, 4, 4, 2], [2, 2], "int64"), 1) },
  { name: "surprise", shapes: [["batch", 9]], apply: (x) => graph.surprise(x, graph.iota("batch")) },
  { name: "takeAlongLast", shapes: [["batch", 9]], apply: (x) => graph.takeAlongLast(x, graph.iota("batch")) },
  {
    name: "where",
    shapes: [
      ["batch", 5],
      ["batch", 5],
    ],
    apply: (a, b) => graph.where(graph.less(a, b), a, graph.square(b)),
  },
  { name: "expand", shapes: [["batch", 1]], apply: (x) => graph.expand(graph.square(x), ["batch", 7]) },
  {
    name: "convolution, strided, with bias",
    shapes: [["batch", 4, 7, 6], [6, 4, 3, 3], [6]],
    apply: (x, weight, bias) => graph.convolution(x, weight, { bias, stride: 2, padding: [1, 1, 1, 1] }),
  },
  {
    name: "convolution, uneven padding, grouped",
    shapes: [
      ["batch", 4, 7, 6],
      [8, 2, 3, 3],
    ],
    apply: (x, weight) => graph.convolution(x, weight, { stride: 2, padding: [1, 0, 1, 2], groups: 2 }),
  },
  {
    name: "convolution, each channel by itself",
    shapes: [
      ["batch", 4, 9, 9],
      [4, 1, 3, 3],
    ],
    apply: (x, weight) => graph.convolution(x, weight, { stride: 3, groups: 4 }),
  },
  {
    name: "convolution, dilated",
    shapes: [
      ["batch", 2, 9, 9],
      [4, 2, 3, 3],
    ],
    apply: (x, weight) => graph.convolution(x, weight, { dilation: 2, padding: [1, 1, 1, 1] }),
  },
  ...(["half", "interleaved"] as const).flatMap((layout): Case[] => [
    {
      name: `rotate, ${layout}, each row by its own angles, two channels left as they are`,
      shapes: [["batch", "tokens", 16]],
      apply: (x) => graph.rotate(x, 2, angles("batch", 3), layout),
    },
    { name: `rotate, ${layout}, every row by the same angles`, shapes: [["batch", "tokens", 16]], apply: (x) => graph.rotate(x, 2, angles(1, 4), layout) },
  ]),
  { name: "averagePool", shapes: [["batch", 2, 9, 8]], apply: (x) => graph.averagePool(graph.square(x), 2) },
  { name: "a derivative's derivative", shapes: [["batch", 4]], apply: (x) => graph.gradients(graph.sum(graph.tanh(graph.square(x)), [0, 1]), [x])[0]! },
  {
    name: "the derivative of a convolution's derivative",
    shapes: [
      ["batch", 2, 5, 5],
      [2, 2, 3, 3],
    ],
    apply: (x, weight) =>
      graph.gradients(graph.sum(graph.square(graph.convolution(x, weight, { stride: 2, padding: [1, 1, 1, 1] })), [0, 1, 2, 3]), [weight])[0]!,
  },
];

function sizesOf(shape: readonly Dim[], sizes: ReadonlyMap<string, number>): number[] {
  return shape.map((dim) => graph.evaluateDimension(dim, sizes)!);
}

function drawn(shape: readonly number[], random: Random, [low, high]: readonly [number, number]): HostTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return { dtype: "float32", shape, data: Float32Array.from({ length: count }, () => low + (high - low) * random.next()) };
}

describe("derivatives agree with finite differences", () => {
  test.each(cases)("$name", async ({ name, shapes, apply, range = [-1, 1] }) => {
    const operands = shapes.map((shape, i) => graph.input(`x${i}`, "float32", shape));
    const y = apply(...operands);
    const direction = graph.input("direction", "float32", y.shape);
    const loss = graph.sum(
      graph.multiply(y, direction),
      y.shape.map((_, axis) => axis),
    );
    const derivatives = Object.fromEntries(graph.gradients(loss, operands).map((gradient, i) => [`gradient${i}`, gradient]));
    const session = await runtime.compile(graph.toOnnx({ outputs: { loss, ...derivatives } }), new Map());
    for (let trial = 0; trial < 3; trial++) {
      const random = new Random("derivatives", name, trial);
      const sizes = new Map([
        ["batch", random.integer(1, 4)],
        ["tokens", random.integer(1, 5)],
        ["past", random.integer(1, 6)],
      ]);
      const feeds: Record<string, HostTensor> = Object.fromEntries(operands.map(({ shape }, i) => [`x${i}`, drawn(sizesOf(shape, sizes), random, range)]));
      feeds["direction"] = drawn(sizesOf(y.shape, sizes), random, [-1, 1]);
      const used = Object.fromEntries(session.inputs.map((each) => [each.name, feeds[each.name]!]));
      const analytic = await session.run(used);
      const lossAt = async (): Promise<number> => (await session.run(used, { outputs: ["loss"] }))["loss"]!.data[0] as number;
      for (const [i] of operands.entries()) {
        const values = feeds[`x${i}`]!.data as Float32Array;
        for (const at of random.sample([...values.keys()], 5)) {
          const [old, step] = [values[at]!, 1e-2];
          values[at] = old + step;
          const above = await lossAt();
          values[at] = old - step;
          const below = await lossAt();
          values[at] = old;
          const numeric = (above - below) / (2 * step);
          const found = analytic[`gradient${i}`]!.data[at] as number;
          // Where a maximum changes hands between the two points, there is no derivative to agree on.
          const kink = ["relu", "max", "maximum and minimum", "where", "squaredRelu"].includes(name) ? 0.6 : 0.01;
          expect(Math.abs(numeric - found) / (1 + Math.abs(numeric)), `operand ${i}, element ${at}`).toBeLessThan(kink);
        }
      }
    }
  });
});

describe("shapes", () => {
  const x = graph.input("x", "float32", ["batch", 4]);

  test("an error names the operator, both shapes and the parameter", () => {
    const weight = graph.parameter("language.blocks.3.attention.query.weight", [5, 6], { kind: "constant", value: 0 });
    expect(() => graph.matmul(x, weight)).toThrow(/matmul.*\[batch, 4\].*\[5, 6\]/s);
    expect(() => graph.matmul(x, weight)).toThrow(/language\.blocks\.3\.attention\.query\.weight/);
    expect(() => graph.add(x, graph.input("y", "float32", ["rows", 4]))).toThrow(/add.*batch.*rows/s);
    expect(() => graph.reshape(x, [3, 5])).toThrow(/reshape.*\[batch, 4\].*\[3, 5\]/s);
    expect(() => graph.concat([x, graph.input("z", "float32", ["batch", 4, 1])], 0)).toThrow(/concat/);
  });

  test("angles that do not fit what they turn are refused", () => {
    const heads = graph.input("heads", "float32", ["batch", "tokens", 12]);
    const turned = (rows: Dim, pairs: number, cosine = graph.input("angles", "float32", [rows, "tokens", pairs])): Tensor =>
      graph.rotate(heads, 2, { cosine, sine: cosine }, "half");
    expect(turned("batch", 3).shape).toEqual(heads.shape);
    expect(() => turned("batch", 4)).toThrow(/rotate.*4 pairs are more than the 6 channels/);
    expect(() => turned("others", 3)).toThrow(/rotate.*every token of \[batch, tokens\]/);
  });

  test("only the literal 1 broadcasts; two names never match", () => {
    expect(graph.add(x, graph.input("one", "float32", [1, 4])).shape).toEqual(["batch", 4]);
    expect(() => graph.multiply(x, graph.input("other", "float32", ["tokens", 4]))).toThrow();
  });
});

describe("simplification", () => {
  const bytes = (tensor: Tensor): number => graph.toOnnx({ outputs: { y: tensor } }).bytes.length;
  const x = graph.input("x", "float32", ["batch", 4]);

  test("shared subexpressions are computed once", () => {
    const twice = graph.add(graph.exp(graph.multiply(x, 2)), graph.exp(graph.multiply(x, 2)));
    const e = graph.exp(graph.multiply(x, 2));
    expect(bytes(twice)).toBe(bytes(graph.add(e, e)));
  });

  test("a transpose goes into the product that reads it, and two undo each other", () => {
    const y = graph.input("y", "float32", ["batch", 4]);
    expect(bytes(graph.matmul(graph.transpose(x, [1, 0]), y))).toBe(bytes(graph.matmul(x, y, { transposeA: true })));
    expect(bytes(graph.exp(graph.transpose(graph.transpose(x, [1, 0]), [1, 0])))).toBe(bytes(graph.exp(x)));
    expect(bytes(graph.exp(graph.reshape(graph.reshape(x, [4, "batch"]), ["batch", 4])))).toBe(bytes(graph.exp(x)));
  });

  test("the numbers stay the same", async () => {
    const y = graph.matmul(graph.transpose(graph.multiply(x, 1), [1, 0]), graph.add(x, graph.multiply(graph.constant([1, 2, 3, 4]), 2)));
    const session = await runtime.compile(graph.toOnnx({ outputs: { y } }), new Map());
    const data = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const result = await session.run({ x: { dtype: "float32", shape: [2, 4], data } });
    const expected = [0, 1, 2, 3].flatMap((i) =>
      [0, 1, 2, 3].map((j) => [0, 1].reduce((sum, row) => sum + data[row * 4 + i]! * (data[row * 4 + j]! + 2 * (j + 1)), 0)),
    );
    expect([...(result["y"]!.data as Float32Array)]).toEqual(expected);
  });
});
