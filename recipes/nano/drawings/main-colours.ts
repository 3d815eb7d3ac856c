import type { colourNames } from "../episodes/described-world.ts";

export type ColourName = (typeof colourNames)[number];

/** A drawing before it is put onto a background: RGBA, row by row. */
export interface Cutout {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** How much of the opaque area each colour covers, largest first. */
export function colourAreas({ data }: Cutout): [ColourName, number][] {
  const counts = new Map<ColourName, number>();
  let opaque = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3]! < 128) continue;
    opaque++;
    const name = colourName(data[i]!, data[i + 1]!, data[i + 2]!);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]): [ColourName, number] => [name, count / opaque]).sort((a, b) => b[1] - a[1]);
}

/** Colours that at least half of the drawings show on a quarter of their area or more, most shared first; empty where the drawings disagree. */
export function sharedColours(drawings: readonly (readonly [ColourName, number][])[]): ColourName[] {
  const votes = new Map<ColourName, number>();
  for (const areas of drawings) {
    for (const [name, share] of areas) {
      if (share >= 0.25) votes.set(name, (votes.get(name) ?? 0) + share);
    }
  }
  const agreed = [...votes.keys()].filter(
    (name) => drawings.filter((areas) => areas.some(([other, share]) => other === name && share >= 0.25)).length * 2 > drawings.length,
  );
  return agreed.sort((a, b) => votes.get(b)! - votes.get(a)!);
}

/** The everyday name of a colour, by hue, saturation and lightness (HSL). */
function colourName(r: number, g: number, b: number): ColourName {
  const max = Math.max(r, g, b);
  const min = Math.min(r, g, b);
  const lightness = (max + min) / 510;
  const chroma = (max - min) / 255;
  if (lightness < 0.13 || (lightness < 0.28 && chroma < 0.12)) return "black";
  if (chroma < 0.1) return lightness > 0.86 ? "white" : "grey";
  if (lightness > 0.94) return "white";
  const hue = hueOf(r, g, b, max, max - min);
  // Slate, the greyish blue of drawn metal and shadows, is called grey; what is as dull but warm is a brown.
  if (chroma < 0.2 && (hue > 50 || chroma < 0.13)) return lightness > 0.8 ? "white" : "grey";
  // Browns are dark or dull oranges and reds.
  const dull = chroma < 0.5 && lightness < 0.7;
  if (hue < 8 || hue >= 345) return lightness > 0.72 ? "pink" : lightness < 0.25 || (chroma < 0.3 && lightness < 0.6) ? "brown" : "red";
  if (hue < 16) return lightness > 0.75 ? "pink" : dull || lightness < 0.3 ? "brown" : "red";
  if (hue < 45) {
    if (lightness < 0.4 || dull) return "brown";
    return hue < 38 ? "orange" : "yellow";
  }
  if (hue < 62) return lightness < 0.3 ? "brown" : "yellow";
  if (hue < 165) return "green";
  if (hue < 255) return "blue";
  if (hue < 295) return "purple";
  return lightness < 0.35 ? "purple" : "pink";
}

/** Hue in degrees. */
function hueOf(r: number, g: number, b: number, max: number, chroma: number): number {
  const sector = max === r ? (g - b) / chroma : max === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
  return (sector * 60 + 360) % 360;
}
