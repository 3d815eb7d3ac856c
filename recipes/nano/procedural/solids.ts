import type { Picture, Random } from "flamingo-vlm/data";
import { type Colour, drawPalette, lit, mix, paint, seenAnew } from "./canvas.ts";
import { cloud, noise } from "./noise.ts";

type Point = readonly [number, number, number];

/** Distance of a point from the surface of a solid about as large as the unit sphere. */
const shapes: readonly ((point: Point, bend: number) => number)[] = [
  ([x, y, z]) => Math.hypot(x, y, z) - 0.9,
  ([x, y, z], bend) => box([x, y, z], 0.45 + 0.4 * bend, 0.6, 0.65) - 0.05,
  ([x, y, z], bend) => Math.max(Math.hypot(x, z) - (0.35 + 0.35 * bend), Math.abs(y) - 0.8),
  ([x, y, z], bend) => Math.hypot(Math.hypot(x, y) - 0.65, z) - (0.18 + 0.14 * bend),
  ([x, y, z], bend) => Math.max(0.85 * Math.hypot(x, z) + (0.4 + 0.2 * bend) * y - 0.4, -y - 0.8),
  ([x, y, z], bend) => Math.min(Math.hypot(x, y - 0.45, z) - 0.4, Math.hypot(x, y + 0.35, z) - (0.45 + 0.15 * bend)),
  ([x, y, z], bend) => Math.min(box([x, y + 0.5, z], 0.8, 0.15, 0.6), box([x - 0.3 * bend, y - 0.1, z], 0.18, 0.7, 0.18)),
  ([x, y, z], bend) => (Math.abs(x) + Math.abs(y) * (0.6 + 0.5 * bend) + Math.abs(z) - 0.95) * 0.57,
  ([x, y, z], bend) => Math.hypot(x / (0.5 + 0.3 * bend), y / 0.9, z / 0.55) * 0.5 - 0.5,
  ([x, y, z], bend) => Math.max(Math.abs(Math.hypot(x, y, z) - 0.8) - 0.06, y - 0.2 - 0.3 * bend),
];

function box([x, y, z]: Point, width: number, height: number, depth: number): number {
  const outside = [Math.abs(x) - width, Math.abs(y) - height, Math.abs(z) - depth];
  return Math.hypot(...outside.map((each) => Math.max(0, each))) + Math.min(0, Math.max(...outside));
}

/** How the colours of a solid are laid over it, from 0 to 1. */
const textures: readonly ((point: Point, scale: number, seed: number) => number)[] = [
  () => 0,
  ([x, y, z], scale, seed) => cloud(x * scale, y * scale, z * scale, seed, 4),
  ([, y], scale) => (Math.sin(y * scale * 3) > 0 ? 1 : 0),
  ([x, y, z], scale) => ((Math.floor(x * scale) + Math.floor(y * scale) + Math.floor(z * scale)) & 1 ? 1 : 0),
  ([x, y, z], scale, seed) => 0.5 + 0.5 * Math.sin(scale * 2 * (x + 2 * cloud(2 * x, 2 * y, 2 * z, seed, 3))),
  ([x, y, z], scale, seed) => (noise(x * scale * 1.5, y * scale * 1.5, z * scale * 1.5, seed) > 0.62 ? 1 : 0),
  ([, y]) => y + 0.5,
];

/** A solid of one shape, texture and colours, seen from another side, in other light and before another ground each time. */
export function solid(ofClass: Random, ofPicture: Random, size: number): Picture {
  const shape = ofClass.pick(shapes);
  const bend = ofClass.next();
  const texture = ofClass.pick(textures);
  const scale = ofClass.between(1.5, 6);
  const seed = ofClass.integer(0, 9999);
  const shine = ofClass.chance(0.5) ? ofClass.between(0.3, 0.9) : 0;
  const [first, second] = seenAnew(drawPalette(ofClass, 2), ofPicture) as [Colour, Colour];
  const [far, near, floor] = drawPalette(ofPicture, 3) as [Colour, Colour, Colour];
  const turn = ofPicture.between(0, 2 * Math.PI);
  const tilt = ofPicture.between(-0.5, 0.6);
  const zoom = ofPicture.between(1.15, 1.9);
  const shift = [ofPicture.between(-0.25, 0.25), ofPicture.between(-0.2, 0.2)] as const;
  const light = unit([ofPicture.between(-1, 1), ofPicture.between(0.2, 1.2), ofPicture.between(0.4, 1)]);
  const horizon = ofPicture.between(0.45, 0.8);
  const groundSeed = ofPicture.integer(0, 9999);
  const turned = ([x, y, z]: Point): Point => {
    const lifted = y * Math.cos(tilt) - z * Math.sin(tilt);
    const back = y * Math.sin(tilt) + z * Math.cos(tilt);
    return [x * Math.cos(turn) + back * Math.sin(turn), lifted, back * Math.cos(turn) - x * Math.sin(turn)];
  };
  const distance = (point: Point): number => shape(turned(point), bend);
  return paint(size, (x, y) => {
    const across = (2 * x - 1 - shift[0]) * zoom;
    const up = (1 - 2 * y - shift[1]) * zoom;
    let depth = 1.6;
    for (let step = 0; step < 28 && depth > -1.6; step++) {
      const gap = distance([across, up, depth]);
      if (gap < 0.01) {
        const point: Point = [across, up, depth];
        const slope = (dx: number, dy: number, dz: number): number => distance([across + dx, up + dy, depth + dz]) - gap;
        const normal = unit([slope(0.01, 0, 0), slope(0, 0.01, 0), slope(0, 0, 0.01)]);
        const facing = normal[0] * light[0] + normal[1] * light[1] + normal[2] * light[2];
        const gloss = shine * Math.max(0, 2 * facing * normal[2] - light[2]) ** 12;
        const surface = lit(mix(first, second, texture(turned(point), scale, seed)), 0.35 + 0.75 * Math.max(0, facing));
        return mix(surface, [255, 255, 255], gloss);
      }
      depth -= Math.max(0.02, gap * 0.8);
    }
    const rough = 0.85 + 0.3 * cloud(x * 6, y * 6, 0, groundSeed, 3);
    return lit(y > horizon ? mix(floor, near, (y - horizon) / (1 - horizon)) : mix(far, near, y / horizon), rough);
  });
}

function unit([x, y, z]: Point): Point {
  const length = Math.hypot(x, y, z) || 1;
  return [x / length, y / length, z / length];
}
