/** TensorFlow's "SAME", or PyTorch's as much on every side: the result is `⌈size/stride⌉` wide with both, but at a stride they look at other places. */
export type Padding = "same" | "symmetric";

/** @returns [top, left, bottom, right] */
export function paddingOf(kind: Padding, size: number, kernel: number, stride: number): [number, number, number, number] {
  if (kind === "same") return samePadding(size, kernel, stride);
  const each = Math.floor(kernel / 2);
  return [each, each, each, each];
}

/** An odd pixel of padding goes to the bottom and to the right. @returns [top, left, bottom, right] */
export function samePadding(size: number, kernel: number, stride: number): [number, number, number, number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  const before = Math.floor(total / 2);
  return [before, before, total - before, total - before];
}
