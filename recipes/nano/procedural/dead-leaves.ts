import type { Picture, Random } from "flamingo-vlm/data";
import { type Colour, drawPalette, lit, paint, seenAnew } from "./canvas.ts";
import { cloud } from "./noise.ts";

const outlines: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => x * x + y * y < 1,
  (x, y) => Math.abs(x) < 0.85 && Math.abs(y) < 0.85,
  (x, y) => y > -0.7 && Math.abs(x) < 0.6 - 0.6 * y,
  (x, y) => Math.abs(x) < 1 && Math.abs(y) < 0.25,
  (x, y) => (Math.abs(x) < 0.3 && Math.abs(y) < 1) || (Math.abs(y) < 0.3 && Math.abs(x) < 1),
  (x, y) => Math.hypot(x, y) < 0.6 + 0.35 * Math.cos(5 * Math.atan2(y, x)),
  (x, y) => Math.abs(Math.hypot(x, y) - 0.75) < 0.22,
  (x, y) => (x * x) / 0.9 + (y * y) / 0.2 < 1,
];

/** Shapes of one kind, colours and range of sizes that hide each other, as leaves on the ground do (the "dead leaves" model of natural images), laid anew each time. */
export function deadLeaves(ofClass: Random, ofPicture: Random, size: number): Picture {
  const kinds = ofClass.sample(outlines, ofClass.integer(1, 2));
  const smallest = ofClass.between(0.03, 0.12);
  const range = ofClass.between(1.5, 5);
  const aligned = ofClass.chance(0.4);
  const rough = ofClass.chance(0.5) ? ofClass.between(0.2, 0.7) : 0;
  const seed = ofClass.integer(0, 9999);
  const shown = ofClass.integer(2, 5);
  const palette = seenAnew(drawPalette(ofClass, shown), ofPicture);
  const zoom = ofPicture.between(0.8, 1.3);
  const turn = ofPicture.between(-0.3, 0.3);
  const leaves = Array.from({ length: 150 }, () => {
    const angle = turn + (aligned ? 0 : ofPicture.between(0, 2 * Math.PI));
    return {
      x: ofPicture.between(-0.1, 1.1),
      y: ofPicture.between(-0.1, 1.1),
      radius: zoom * smallest * (1 - (1 - range ** -2) * ofPicture.next()) ** -0.5,
      cos: Math.cos(angle),
      sin: Math.sin(angle),
      within: ofPicture.pick(kinds),
      colour: lit(ofPicture.pick(palette), ofPicture.between(0.85, 1.1)),
    };
  });
  const ground: Colour = palette[0]!;
  return paint(size, (x, y) => {
    const leaf = leaves.find(({ x: left, y: top, radius, cos, sin, within }) => {
      const dx = (x - left) / radius;
      const dy = (y - top) / radius;
      return dx * dx + dy * dy < 2 && within(cos * dx + sin * dy, cos * dy - sin * dx);
    });
    return lit(leaf?.colour ?? ground, 1 - rough / 2 + rough * cloud(x * 25, y * 25, 0, seed, 3));
  });
}
