import type { Picture } from "../image.ts";
import { Random } from "../random.ts";
import type { Cutout } from "./main-colours.ts";

type Colour = readonly [red: number, green: number, blue: number];

/** How a drawing is put onto a background. */
export interface Placement {
  /** Edge of the drawing as a share of the picture's edge. */
  readonly scale: number;
  /** Where the drawing's middle lies from the picture's middle, as a share of the edge. */
  readonly shift: readonly [x: number, y: number];
  /** Radians, clockwise. */
  readonly rotation: number;
  readonly mirrored: boolean;
  /** The background goes from the first colour to the second along a direction in radians. */
  readonly background: readonly [from: Colour, to: Colour, direction: number];
  /** Factor of all colours of the drawing. */
  readonly brightness: number;
  /** What the drawing's black becomes; its white stays white. */
  readonly ink: Colour;
}

const white: Colour = [255, 255, 255];
const black: Colour = [0, 0, 0];

/** As the artist drew it, on white, with a little room around it. */
export const plainPlacement: Placement = { scale: 0.9, shift: [0, 0], rotation: 0, mirrored: false, background: [white, white, 0], brightness: 1, ink: black };

/**
 * A random placement that leaves the thing recognisable.
 * @param domain - of the concept: arrows, letters and flags are never mirrored, pictograms come in any ink
 */
export function drawPlacement(random: Random, domain: string): Placement {
  const scale = 0.62 + 0.38 * random.next();
  const room = (1 - scale) / 2 + 0.04;
  return {
    scale,
    shift: [room * (2 * random.next() - 1), room * (2 * random.next() - 1)],
    rotation: random.chance(0.6) ? (2 * random.next() - 1) * 0.26 : 0,
    mirrored: isMirrorable(domain) && random.chance(0.5),
    brightness: 0.85 + 0.25 * random.next(),
    ...(domain === "glyph" ? drawPrint(random) : { background: drawBackground(random), ink: black }),
  };
}

function drawBackground(random: Random): Placement["background"] {
  const kind = random.next();
  if (kind < 0.35) return [white, white, 0];
  const first = drawColour(random, kind < 0.75);
  if (kind < 0.6) return [first, first, 0];
  return [first, drawColour(random, kind < 0.75), random.next() * 2 * Math.PI];
}

/** Dark ink on a light ground, or white on a dark one. */
function drawPrint(random: Random): { background: Placement["background"]; ink: Colour } {
  const dark = (): Colour => [random.integer(0, 130), random.integer(0, 130), random.integer(0, 130)];
  if (random.chance(0.15)) {
    const ground = dark();
    return { background: [ground, ground, 0], ink: white };
  }
  const ground = random.chance(0.4) ? white : drawColour(random, true);
  return { background: [ground, random.chance(0.7) ? ground : drawColour(random, true), random.next() * 2 * Math.PI], ink: random.chance(0.4) ? black : dark() };
}

/** Light colours, or any. */
function drawColour(random: Random, light: boolean): Colour {
  const channel = (): number => (light ? random.integer(170, 255) : random.integer(0, 255));
  return [channel(), channel(), channel()];
}

/** Draws the cutout onto its background. @returns an RGB picture of size x size */
export function place(cutout: Cutout, placement: Placement, size: number): Picture {
  const data = new Uint8ClampedArray(size * size * 3);
  fillBackground(data, size, placement.background);
  const { scale, shift, rotation, mirrored, brightness, ink } = placement;
  const cos = Math.cos(rotation);
  const sin = Math.sin(rotation);
  const perPixel = cutout.width / (scale * size);
  const sample = new Float32Array(4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const dx = (x + 0.5 - size * (0.5 + shift[0])) * perPixel;
      const dy = (y + 0.5 - size * (0.5 + shift[1])) * perPixel;
      const across = cos * dx + sin * dy;
      sampleAt(cutout, (mirrored ? -across : across) + cutout.width / 2, -sin * dx + cos * dy + cutout.height / 2, Math.max(1, perPixel), sample);
      const alpha = sample[3]! / 255;
      if (alpha === 0) continue;
      const at = (y * size + x) * 3;
      for (let c = 0; c < 3; c++) data[at + c] = (sample[c]! * (1 - ink[c]! / 255) + ink[c]! * alpha) * brightness + data[at + c]! * (1 - alpha);
    }
  }
  return { width: size, height: size, data };
}

function fillBackground(data: Uint8ClampedArray, size: number, [from, to, direction]: Placement["background"]): void {
  const across = Math.cos(direction) / size;
  const down = Math.sin(direction) / size;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const share = Math.min(1, Math.max(0, 0.5 + (x - size / 2) * across + (y - size / 2) * down));
      const at = (y * size + x) * 3;
      for (let c = 0; c < 3; c++) data[at + c] = from[c]! + (to[c]! - from[c]!) * share;
    }
  }
}

/** Mean colour around a point with triangular weights `reach` pixels to each side, premultiplied by alpha: smooth both enlarged and shrunk. */
function sampleAt({ width, height, data }: Cutout, x: number, y: number, reach: number, out: Float32Array): void {
  out.fill(0);
  let total = 0;
  for (let row = Math.ceil(y - reach - 0.5); row <= Math.floor(y + reach - 0.5); row++) {
    const weightDown = reach - Math.abs(row + 0.5 - y);
    for (let column = Math.ceil(x - reach - 0.5); column <= Math.floor(x + reach - 0.5); column++) {
      const weight = weightDown * (reach - Math.abs(column + 0.5 - x));
      total += weight;
      if (row < 0 || column < 0 || row >= height || column >= width) continue;
      const at = (row * width + column) * 4;
      const opaque = (weight * data[at + 3]!) / 255;
      out[0]! += opaque * data[at]!;
      out[1]! += opaque * data[at + 1]!;
      out[2]! += opaque * data[at + 2]!;
      out[3]! += weight * data[at + 3]!;
    }
  }
  if (total > 0) for (let c = 0; c < 4; c++) out[c]! /= total;
}

/** Whether the mirror image of such a concept shows the same thing. */
function isMirrorable(domain: string): boolean {
  return domain === "thing" || domain === "face" || domain === "person" || domain === "glyph";
}

/** Version 0 is the plain one; every other version is a placement of its own, the same each time. */
export function placementOf(picture: string, domain: string, version: number): Placement {
  return version === 0 ? plainPlacement : drawPlacement(new Random("placement", picture, version), domain);
}
