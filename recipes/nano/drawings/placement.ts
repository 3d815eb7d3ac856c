import type { Picture } from "flamingo-vlm/data";
import { Random } from "flamingo-vlm/data";
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
function drawPlacement(random: Random, domain: string): Placement {
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

/** Moved, turned and mirrored a little, mostly on white: what frozen features of drawings bear well. */
function drawGentlePlacement(random: Random, domain: string): Placement {
  const scale = 0.78 + 0.22 * random.next();
  const pale: Colour = [random.integer(205, 255), random.integer(205, 255), random.integer(205, 255)];
  const ground = random.chance(0.75) ? white : pale;
  return {
    scale,
    shift: [(1 - scale) * (random.next() - 0.5), (1 - scale) * (random.next() - 0.5)],
    rotation: random.chance(0.5) ? (2 * random.next() - 1) * 0.15 : 0,
    mirrored: isMirrorable(domain) && random.chance(0.5),
    background: [ground, ground, 0],
    brightness: 0.92 + 0.12 * random.next(),
    ink: domain === "glyph" && random.chance(0.4) ? [random.integer(0, 110), random.integer(0, 110), random.integer(0, 110)] : black,
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
  return {
    background: [ground, random.chance(0.7) ? ground : drawColour(random, true), random.next() * 2 * Math.PI],
    ink: random.chance(0.4) ? black : dark(),
  };
}

/** Light colours, or any. */
function drawColour(random: Random, light: boolean): Colour {
  const channel = (): number => (light ? random.integer(170, 255) : random.integer(0, 255));
  return [channel(), channel(), channel()];
}

/** Draws a square cutout onto its background. @returns an RGB picture of size x size */
export function place(cutout: Cutout, placement: Placement, size: number): Picture {
  const picture = { width: size, height: size, data: new Uint8ClampedArray(size * size * 3) };
  fillBackground(picture.data, size, placement.background);
  placeOver(picture, cutout, placement);
  return picture;
}

/** Draws a square cutout over what a square picture shows already. */
export function placeOver({ width: size, data }: Picture, cutout: Cutout, placement: Omit<Placement, "background">): void {
  const {
    scale,
    shift,
    rotation,
    mirrored,
    brightness,
    ink: [red, green, blue],
  } = placement;
  const cos = Math.cos(rotation);
  const sin = Math.sin(rotation);
  const perPixel = cutout.width / (scale * size);
  const half = cutout.width / 2;
  const reach = Math.max(1, perPixel);
  const sample = new Float64Array(4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const dx = (x + 0.5 - size * (0.5 + shift[0])) * perPixel;
      const dy = (y + 0.5 - size * (0.5 + shift[1])) * perPixel;
      const across = cos * dx + sin * dy;
      const along = cos * dy - sin * dx;
      if (Math.abs(across) > half + reach || Math.abs(along) > half + reach) continue;
      sampleAt(cutout, (mirrored ? -across : across) + half, along + half, reach, sample);
      const alpha = sample[3]! / 255;
      if (alpha === 0) continue;
      const at = (y * size + x) * 3;
      const through = 1 - alpha;
      data[at] = (sample[0]! * (1 - red / 255) + red * alpha) * brightness + data[at]! * through;
      data[at + 1] = (sample[1]! * (1 - green / 255) + green * alpha) * brightness + data[at + 1]! * through;
      data[at + 2] = (sample[2]! * (1 - blue / 255) + blue * alpha) * brightness + data[at + 2]! * through;
    }
  }
}

function fillBackground(data: Uint8ClampedArray, size: number, [from, to, direction]: Placement["background"]): void {
  if (from === white && to === white) {
    data.fill(255);
    return;
  }
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

/** Mean colour around a point with triangular weights `reach` pixels to each side, premultiplied by alpha: smooth both enlarged and shrunk. Alpha is 0 to 255. */
function sampleAt({ width, height, data }: Cutout, x: number, y: number, reach: number, out: Float64Array): void {
  let red = 0;
  let green = 0;
  let blue = 0;
  let alpha = 0;
  let total = 0;
  const lastRow = Math.floor(y + reach - 0.5);
  const lastColumn = Math.floor(x + reach - 0.5);
  const firstColumn = Math.ceil(x - reach - 0.5);
  for (let row = Math.ceil(y - reach - 0.5); row <= lastRow; row++) {
    const weightDown = reach - Math.abs(row + 0.5 - y);
    const within = row >= 0 && row < height;
    for (let column = firstColumn; column <= lastColumn; column++) {
      const weight = weightDown * (reach - Math.abs(column + 0.5 - x));
      total += weight;
      if (!within || column < 0 || column >= width) continue;
      const at = (row * width + column) * 4;
      const opacity = data[at + 3]!;
      if (opacity === 0) continue;
      const opaque = weight * opacity;
      red += opaque * data[at]!;
      green += opaque * data[at + 1]!;
      blue += opaque * data[at + 2]!;
      alpha += opaque;
    }
  }
  out[0] = red / (255 * total);
  out[1] = green / (255 * total);
  out[2] = blue / (255 * total);
  out[3] = alpha / total;
}

/** Whether the mirror image of such a concept shows the same thing. */
function isMirrorable(domain: string): boolean {
  return domain === "thing" || domain === "face" || domain === "person" || domain === "glyph";
}

/** Raised whenever {@link placementOf} changes, so that features of earlier placements are not taken for these. */
export const placementRecipe = 2;

/** Version 0 is the plain one; odd versions differ gently from it, even ones strongly; each is the same every time. */
export function placementOf(picture: string, domain: string, version: number): Placement {
  if (version === 0) return plainPlacement;
  const random = new Random("placement", picture, version);
  return version % 2 === 1 ? drawGentlePlacement(random, domain) : drawPlacement(random, domain);
}
