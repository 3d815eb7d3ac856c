import type { Picture, Random } from "flamingo-vlm/data";

/** Red, green and blue, from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** A picture whose every pixel is asked for: from the left and from the top, 0 to 1. */
export function paint(size: number, colourAt: (x: number, y: number) => Colour): Picture {
  const data = new Uint8ClampedArray(size * size * 3);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) data.set(colourAt((column + 0.5) / size, (row + 0.5) / size), (row * size + column) * 3);
  return { width: size, height: size, data };
}

export function mix(from: Colour, to: Colour, share: number): Colour {
  const part = Math.min(1, Math.max(0, share));
  return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part, from[2] + (to[2] - from[2]) * part];
}

/** In more or less light. */
export function lit([red, green, blue]: Colour, light: number): Colour {
  return [red * light, green * light, blue * light];
}

/** Any colour, greys and dull ones among them, as surfaces have. */
export function drawColour(random: Random): Colour {
  const hue = random.next() * 6;
  const saturation = random.next() ** 0.7;
  const value = 50 + 205 * random.next();
  const channel = (turn: number): number => {
    const place = (hue + turn) % 6;
    return value * (1 - saturation * Math.min(1, Math.max(0, 2 - Math.abs(place - 3))));
  };
  return [channel(0), channel(4), channel(2)];
}

/** Colours of one class: the same for all of its pictures but for the light. */
export function drawPalette(random: Random, count: number): Colour[] {
  return Array.from({ length: count }, () => drawColour(random));
}

/** The same colours as another camera or another hour sees them. */
export function seenAnew(palette: readonly Colour[], random: Random): Colour[] {
  const gains = [0, 1, 2].map(() => 0.85 + 0.3 * random.next());
  const light = 0.75 + 0.5 * random.next();
  return palette.map(([red, green, blue]) => [red * gains[0]! * light, green * gains[1]! * light, blue * gains[2]! * light]);
}
