import { elementCount, formatShape, sameShape } from "../dimension.ts";
import { apply, type Operator, ShapeError, type Tensor } from "../tensor.ts";
import { reshape, sumTo, transpose } from "./layout.ts";

interface ProductAttributes {
  /** Whether the last two axes of the operand are swapped before multiplying. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Of `a`, `b` and, for two matrices, what is added to the product: a matrix or a row for all rows (`addends.ts` brings it here). */
export const productOperator: Operator<ProductAttributes> = {
  name: "matmul",
  shape(inputs, { transposeA, transposeB }) {
    const [a, b, addend] = inputs as [Tensor, Tensor, Tensor?];
    if (a.shape.length < 2 || b.shape.length < 2) throw new ShapeError("matmul", inputs, "both operands need at least 2 axes");
    if (a.dtype !== b.dtype) throw new ShapeError("matmul", inputs, `types ${a.dtype} and ${b.dtype} differ: cast one of them`);
    const [rows, inner] = lastTwo(a, transposeA);
    const [otherInner, columns] = lastTwo(b, transposeB);
    if (inner !== otherInner) {
      const form = `${transposeA ? "aᵀ" : "a"}·${transposeB ? "bᵀ" : "b"}`;
      throw new ShapeError("matmul", inputs, `the inner sizes of ${form} differ: ${inner} and ${otherInner}`);
    }
    const rank = Math.max(a.shape.length, b.shape.length);
    const lead = Array.from({ length: rank - 2 }, (_, axis) => {
      const left = a.shape[axis - (rank - a.shape.length)] ?? 1;
      const right = b.shape[axis - (rank - b.shape.length)] ?? 1;
      if (left !== 1 && right !== 1 && left !== right) throw new ShapeError("matmul", inputs, `the leading sizes ${left} and ${right} differ`);
      return left === 1 ? right : left;
    });
    const shape = [...lead, rows, columns];
    const fits = addend === undefined || (rank === 2 && (sameShape(addend.shape, shape) || sameShape(addend.shape, [columns])));
    if (!fits) throw new ShapeError("matmul", inputs, `what is added must be ${formatShape(shape)} or [${columns}], and the operands matrices`);
    return [{ dtype: a.dtype, shape }];
  },
  onnx(emitter, { inputs: [a, b], attributes: { transposeA, transposeB } }, inputs, outputs) {
    if (a!.shape.length === 2 && b!.shape.length === 2) {
      emitter.node("Gemm", inputs, outputs, { transA: Number(transposeA), transB: Number(transposeB) });
      return;
    }
    // On the CPU ONNX Runtime fuses the swap into the product; every other device runs the portable pair.
    const swapped = (tensor: Tensor, name: string): string => emitter.value("Transpose", [name], { perm: swapLastTwo(tensor.shape.length) });
    emitter.node("MatMul", [transposeA ? swapped(a!, inputs[0]!) : inputs[0]!, transposeB ? swapped(b!, inputs[1]!) : inputs[1]!], outputs);
  },
  // For y = a·b: da = dy·bᵀ and db = aᵀ·dy; the flags only say which side is already swapped.
  gradient({ inputs: [a, b, addend], attributes: { transposeA, transposeB } }, [dy]) {
    if (dy === undefined) return [];
    const da = transposeA ? product(b!, dy, transposeB, true) : product(dy, b!, false, !transposeB);
    const db = transposeB ? product(dy, a!, true, transposeA) : product(a!, dy, !transposeA, false);
    return [sumTo(da, a!.shape), sumTo(db, b!.shape), addend && sumTo(dy, addend.shape)];
  },
};

function lastTwo({ shape }: Tensor, swapped: boolean): readonly [number | string, number | string] {
  const [rows, columns] = [shape[shape.length - 2]!, shape[shape.length - 1]!];
  return swapped ? [columns, rows] : [rows, columns];
}

function swapLastTwo(rank: number): readonly number[] {
  return Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
}

function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  return apply(productOperator, [a, b], { transposeA, transposeB });
}

/**
 * Matrix product over the last two axes; leading axes broadcast. A product of many leading axes with one plain matrix is done as one
 * product of all rows, so that its weight gradient is a single product too.
 */
export function matmul(a: Tensor, b: Tensor, options: { transposeA?: boolean; transposeB?: boolean } = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  const lead = a.shape.slice(0, -1);
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    const rows = reshape(a, [elementCount(lead), a.shape[a.shape.length - 1]!]);
    return reshape(product(rows, b, false, transposeB), [...lead, b.shape[transposeB ? 0 : 1]!]);
  }
  return product(a, b, transposeA, transposeB);
}

/** Swaps the last two axes. */
export function swapAxes(x: Tensor): Tensor {
  return transpose(x, swapLastTwo(x.shape.length));
}
