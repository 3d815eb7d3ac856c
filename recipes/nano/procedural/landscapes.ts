import type { Picture, Random } from "flamingo-vlm/data";
import { type Colour, drawPalette, lit, mix, paint, seenAnew } from "./canvas.ts";
import { cloud } from "./noise.ts";

/** Sky, ridges one behind the other and a ground: a kind of country, at another place and in another light each time. */
export function landscape(ofClass: Random, ofPicture: Random, size: number): Picture {
  const ridges = ofClass.integer(0, 4);
  const roughness = ofClass.between(1, 7);
  const height = ofClass.between(0.05, 0.35);
  const grain = ofClass.between(4, 30);
  const flattened = ofClass.between(0.1, 1);
  const clouds = ofClass.chance(0.6) ? ofClass.between(0.2, 0.9) : 0;
  const horizon = ofClass.between(0.3, 0.75) + ofPicture.between(-0.08, 0.08);
  const [top, low, far, near, ground, other, white] = seenAnew([...drawPalette(ofClass, 6), [245, 245, 250]], ofPicture) as Colour[] as [
    Colour,
    Colour,
    Colour,
    Colour,
    Colour,
    Colour,
    Colour,
  ];
  const seed = ofPicture.integer(0, 99999);
  const place = ofPicture.between(0, 50);
  return paint(size, (x, y) => {
    const haze = Math.max(0, y - horizon);
    for (let ridge = ridges; ridge > 0; ridge--) {
      const edge =
        horizon + 0.02 * (ridges - ridge) - height * (1 - ridge / (ridges + 1) / 2) * (cloud(place + x * roughness, ridge * 7, 0, seed, 5) - 0.25) * 2;
      if (y >= edge && y < horizon) return lit(mix(far, near, 1 - ridge / (ridges + 1)), 0.7 + 0.6 * cloud(x * 14, y * 14, ridge, seed, 4));
    }
    if (y < horizon) {
      const cover = clouds * Math.max(0, cloud(x * 3 + place, (y / horizon) * 5, 3, seed, 5) - 0.45) * 3;
      return mix(mix(top, low, y / horizon), white, cover);
    }
    // What is near looks larger.
    const depth = 0.08 + haze;
    return lit(mix(ground, other, cloud(((x - 0.5) / depth) * grain * 0.1 + place, (grain * flattened) / depth / 10, 0, seed, 4)), 0.75 + 0.5 * haze);
  });
}
