/** TensorFlow's "SAME": the result is `⌈size/stride⌉` wide, and an odd pixel of padding goes to the bottom and to the right. @returns [top, left, bottom, right] */
export function samePadding(size: number, kernel: number, stride: number): [number, number, number, number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  const before = Math.floor(total / 2);
  return [before, before, total - before, total - before];
}
