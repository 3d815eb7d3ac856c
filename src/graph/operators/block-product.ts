/** Products with matrices that are stored as codes of 4 or 8 bits, and their rows. Codes are constants: gradients flow through them, not into them. */
import { type Dim, elementCount } from "../dimension.ts";
import { apply, notDifferentiable, type Operator, ShapeError, type Tensor } from "../tensor.ts";
import { deferred } from "./deferred.ts";
import { add, stopGradient } from "./elementwise.ts";
import { gather } from "./indexing.ts";
import { mergeAxes, reshape, splitAxis, sum } from "./layout.ts";
import { matmul } from "./product.ts";

/** Values of a row that share a scale. */
export type BlockSize = 16 | 32 | 128;

/**
 * A matrix [rows, columns] in blocks of values of a row, as ONNX Runtime's `MatMulNBits` takes it:
 * value = scale * (code - middle) + offset, where the middle is 8 with 4 bits and 128 with 8.
 */
export interface BlockMatrix {
  readonly bits: 4 | 8;
  readonly blockSize: BlockSize;
  readonly shape: readonly [rows: number, columns: number];
  /** uint8 [rows, columns / blockSize, blockSize * bits / 8]; with 4 bits, code `2i` is the lower half of byte `i`. */
  readonly codes: Tensor;
  /** float32 [rows, columns / blockSize] */
  readonly scales: Tensor;
  /** float32 [rows, columns / blockSize]. Absent: zero everywhere. */
  readonly offsets?: Tensor | undefined;
}

type BlockAttributes = Pick<BlockMatrix, "bits" | "blockSize">;

function blockShape(
  operator: string,
  inputs: readonly Tensor[],
  codes: Tensor,
  scales: Tensor,
  { bits, blockSize }: BlockAttributes,
): { rows: Dim; columns: Dim } {
  const [rows, blocks, bytes] = codes.shape;
  const wanted = (blockSize * bits) / 8;
  if (codes.dtype !== "uint8" || codes.shape.length !== 3 || bytes !== wanted)
    throw new ShapeError(operator, inputs, `codes of ${bits} bits in blocks of ${blockSize} must be uint8 [rows, blocks, ${wanted}]`);
  if (scales.dtype !== "float32" || scales.shape.length !== 2 || scales.shape[0] !== rows || scales.shape[1] !== blocks)
    throw new ShapeError(operator, inputs, `the scales must be float32 [${rows}, ${blocks}]`);
  return { rows: rows!, columns: elementCount([blocks!, blockSize]) };
}

/** Of `x`, codes, scales and perhaps the offsets, which the derivative alone is about: `blockProduct` adds what they give. */
export const blockProductOperator: Operator<BlockAttributes> = {
  name: "blockProduct",
  shape(inputs, attributes) {
    const [x, codes, scales] = inputs as [Tensor, Tensor, Tensor, Tensor?];
    const { rows, columns } = blockShape("blockProduct", inputs, codes, scales, attributes);
    if (x.dtype !== "float32" || x.shape.length !== 2) throw new ShapeError("blockProduct", inputs, "the other operand must be float32 [count, columns]");
    if (x.shape[1] !== columns) throw new ShapeError("blockProduct", inputs, `the inner sizes differ: ${x.shape[1]} and ${columns}`);
    return [{ dtype: "float32", shape: [x.shape[0]!, rows] }];
  },
  onnx(emitter, { inputs: [x, codes], attributes: { bits, blockSize } }, inputs, outputs) {
    // Level 4 turns x to 8 bits, block by block: the only level that is fast with 8 bits.
    const attributes = { K: x!.shape[1] as number, N: codes!.shape[0] as number, bits, block_size: blockSize, accuracy_level: 4 };
    emitter.node("MatMulNBits", inputs.slice(0, 3), outputs, attributes, "com.microsoft");
  },
  gradient({ inputs: [, codes, ...floats], attributes }, [dy]) {
    return [dy && matmul(dy, apply(blockValuesOperator, [deferred(codes!, dy), ...floats], attributes))];
  },
};

/** Rows `indices` of a block matrix, [...indices, blocks, blockSize]. */
export const blockRowsOperator: Operator<BlockAttributes> = {
  name: "blockRows",
  shape(inputs, attributes) {
    const [codes, scales, indices] = inputs as [Tensor, Tensor, Tensor];
    blockShape("blockRows", inputs, codes, scales, attributes);
    if (indices.dtype !== "int64" && indices.dtype !== "int32")
      throw new ShapeError("blockRows", inputs, `indices must be int64 or int32, not ${indices.dtype}`);
    return [{ dtype: "float32", shape: [...indices.shape, codes.shape[1]!, attributes.blockSize] }];
  },
  onnx(emitter, { attributes: { bits, blockSize } }, [codes, scales, indices], outputs) {
    const column = emitter.value("Unsqueeze", [scales!, emitter.constant([2], [1], "int64")]);
    const attributes = { bits, block_size: blockSize, gather_axis: 0, quantize_axis: 2 };
    emitter.node("GatherBlockQuantized", [codes!, indices!, column], outputs, attributes, "com.microsoft");
  },
  gradient: notDifferentiable,
};

/**
 * All of the matrix as float32 [rows, columns]. Arithmetic on whole matrices is 2 to 4 times as
 * fast as `GatherBlockQuantized` on all rows (49152 × 576 with 2 threads: 4 bits 145 ms instead of 280, 8 bits 72 instead of 275; ONNX Runtime 1.30).
 */
export const blockValuesOperator: Operator<BlockAttributes> = {
  name: "blockValues",
  shape(inputs, attributes) {
    const [codes, scales] = inputs as [Tensor, Tensor, Tensor];
    const { rows, columns } = blockShape("blockValues", inputs, codes, scales, attributes);
    return [{ dtype: "float32", shape: [rows, columns] }];
  },
  onnx(emitter, { inputs: [codes], attributes: { bits, blockSize } }, [given, scales, offsets], outputs) {
    const number = (value: number): string => emitter.constant([value], [], "float32");
    const sizes = (...shape: readonly number[]): string => emitter.constant(shape, [shape.length], "int64");
    const shape = codes!.shape as readonly number[];
    let whole = given!;
    if (bits === 4) {
      // As bytes, which are a quarter of the floats that they become.
      const byte = (value: number): string => emitter.constant([value], [], "uint8");
      const lower = emitter.value("BitwiseAnd", [given!, byte(15)]);
      const upper = emitter.value("BitShift", [given!, byte(4)], { direction: "RIGHT" });
      const halves = [lower, upper].map((half) => emitter.value("Unsqueeze", [half, sizes(3)]));
      whole = emitter.value("Reshape", [emitter.value("Concat", halves, { axis: 3 }), sizes(shape[0]!, shape[1]!, blockSize)]);
    }
    const values = emitter.value("Cast", [whole], { to: 1 });
    const eachBlock = (name: string): string => emitter.value("Unsqueeze", [name, sizes(2)]);
    const middle = number(bits === 4 ? 8 : 128);
    // The middle goes into the offsets, where there are some: arithmetic on the whole matrix is what takes time.
    const moved =
      offsets === undefined
        ? emitter.value("Mul", [emitter.value("Sub", [values, middle]), eachBlock(scales!)])
        : emitter.value("Add", [
            emitter.value("Mul", [values, eachBlock(scales!)]),
            eachBlock(emitter.value("Sub", [offsets, emitter.value("Mul", [scales!, middle])])),
          ]);
    emitter.node("Reshape", [moved, sizes(shape[0]!, shape[1]! * blockSize)], outputs);
  },
  gradient: notDifferentiable,
};

/**
 * `x·Wᵀ` with a block matrix W.
 * @param x - float32 [count, columns]
 * @returns [count, rows]
 */
export function blockProduct(x: Tensor, { bits, blockSize, codes, scales, offsets }: BlockMatrix): Tensor {
  const product = apply(blockProductOperator, [x, codes, scales, ...(offsets === undefined ? [] : [offsets])], { bits, blockSize });
  if (offsets === undefined) return product;
  // The product's derivative is that of the whole.
  const blockSums = sum(splitAxis(stopGradient(x), 1, [undefined, blockSize]), 2); // [count, columns / blockSize]
  return add(product, matmul(blockSums, offsets, { transposeB: true }));
}

/** Rows of a block matrix. @param indices - int64, any shape @returns float32 [...indices, columns] */
export function blockRows({ bits, blockSize, codes, scales, offsets }: BlockMatrix, indices: Tensor): Tensor {
  const rows = apply(blockRowsOperator, [codes, scales, indices], { bits, blockSize });
  const rank = indices.shape.length;
  if (offsets === undefined) return mergeAxes(rows, rank, rank + 1);
  const moved = gather(offsets, indices); // [...indices, blocks]
  return mergeAxes(add(rows, reshape(moved, [...moved.shape, 1])), rank, rank + 1);
}
