import type { Picture, Random } from "flamingo-vlm/data";
import { type Colour, drawPalette, mix, seenAnew } from "./canvas.ts";

/** The attractor of a few affine maps (an iterated function system): the maps make the class, small changes of them and the colours of the ground each picture. */
export function fractal(ofClass: Random, ofPicture: Random, size: number): Picture {
  const maps = Array.from({ length: ofClass.integer(2, 4) }, () => {
    const turn = ofClass.between(0, 2 * Math.PI);
    const lean = ofClass.between(-0.6, 0.6);
    const [wide, high] = [ofClass.between(0.5, 0.85), ofClass.between(0.45, 0.8)];
    const a = [wide * Math.cos(turn), -high * Math.sin(turn + lean), wide * Math.sin(turn), high * Math.cos(turn + lean)];
    const to = [ofClass.between(-1, 1), ofClass.between(-1, 1)];
    return { linear: a.map((each) => each + ofPicture.between(-0.04, 0.04)), to: to.map((each) => each + ofPicture.between(-0.06, 0.06)) };
  });
  const inks = seenAnew(drawPalette(ofClass, maps.length), ofPicture);
  const [ground, edge] = drawPalette(ofPicture, 2) as [Colour, Colour];
  const points = 24_000;
  const xs = new Float64Array(points);
  const ys = new Float64Array(points);
  const last = new Uint8Array(points);
  for (let i = 0, x = 0, y = 0; i < points; i++) {
    const which = ofPicture.integer(0, maps.length - 1);
    const { linear, to } = maps[which]!;
    [x, y] = [linear[0]! * x + linear[1]! * y + to[0]!, linear[2]! * x + linear[3]! * y + to[1]!];
    if (!(Math.abs(x) + Math.abs(y) < 1e6)) [x, y] = [0, 0];
    xs[i] = x;
    ys[i] = y;
    last[i] = which;
  }
  // Most of the attractor fills the picture; single points far out would shrink it to a dot.
  const [left, right] = middle(xs);
  const [top, bottom] = middle(ys);
  const zoom = (size * ofPicture.between(0.55, 0.8)) / Math.max(right - left, bottom - top, 1e-6);
  const angle = ofPicture.between(-0.25, 0.25);
  const centre = [size * ofPicture.between(0.42, 0.58), size * ofPicture.between(0.42, 0.58)] as const;
  const data = new Uint8ClampedArray(size * size * 3);
  for (let row = 0; row < size; row++) for (let column = 0; column < size; column++) data.set(mix(ground, edge, row / size), (row * size + column) * 3);
  for (let i = 20; i < points; i++) {
    const dx = (xs[i]! - (left + right) / 2) * zoom;
    const dy = (ys[i]! - (top + bottom) / 2) * zoom;
    const column = Math.floor(centre[0] + Math.cos(angle) * dx - Math.sin(angle) * dy);
    const row = Math.floor(centre[1] + Math.sin(angle) * dx + Math.cos(angle) * dy);
    if (column >= 0 && row >= 0 && column < size && row < size) data.set(inks[last[i]!]!, (row * size + column) * 3);
  }
  return { width: size, height: size, data };
}

/** Where the inner nine tenths of the values lie. */
function middle(values: Float64Array): [number, number] {
  const sorted = values.slice(20).sort();
  return [sorted[Math.floor(sorted.length * 0.05)]!, sorted[Math.floor(sorted.length * 0.95)]!];
}
