/** CLEVR-like counting: shaded bodies on a floor, drawn flat where CLEVR has a renderer of space. The question names a property, never that counting is meant. */
import { Random } from "flamingo-vlm/data";
import { type DataSet, drawn } from "./data-set.ts";

/** As CLEVR has them. */
const values = {
  shape: ["cube", "sphere", "cylinder"],
  size: ["large", "small"],
  material: ["rubber", "metal"],
  color: ["gray", "red", "blue", "green", "brown", "purple", "cyan", "yellow"],
} as const;
type Attribute = keyof typeof values;
type Thing = { readonly [Each in Attribute]: (typeof values)[Each][number] } & { readonly x: number; readonly y: number };

const paint: Readonly<Record<Thing["color"], string>> = {
  gray: "#575757",
  red: "#ad2323",
  blue: "#2a4bd7",
  green: "#1d6914",
  brown: "#814a19",
  purple: "#8126c0",
  cyan: "#29d0d0",
  yellow: "#ffee33",
};

const edge = 256;
const folder = "clevr";

export function countInduction(seed: number, support = 800, queries = 200): DataSet {
  const pictures = new Map<string, () => Promise<Uint8Array>>();
  const item = (part: string, i: number): unknown => {
    const random = new Random("counting", seed, part, i);
    const things = scene(random);
    const attribute = random.pick(Object.keys(values) as Attribute[]);
    const value = random.pick(things)[attribute];
    const path = `${folder}/${part}/${i}.webp`;
    pictures.set(path, () => drawn(edge, picture(things)));
    return { image: [path], question: `${attribute}: ${value}`, answer: things.filter((thing) => thing[attribute] === value).length };
  };
  return {
    support: Array.from({ length: support }, (_, i) => item("support", i)),
    query: Array.from({ length: queries }, (_, i) => item("query", i)),
    pictures,
  };
}

/** 3 to 10 things, those behind first, none of which hides another. */
function scene(random: Random): Thing[] {
  const count = random.integer(3, 10);
  const things: Thing[] = [];
  for (let tries = 0; things.length < count; tries++) {
    // Where all is full, it begins anew.
    if (tries > 200) {
      things.length = 0;
      tries = 0;
    }
    const place = { x: random.between(30, edge - 30), y: random.between(90, edge - 30) };
    const thing = {
      shape: random.pick(values.shape),
      size: random.pick(values.size),
      material: random.pick(values.material),
      color: random.pick(values.color),
    };
    const near = things.some((other) => Math.hypot(other.x - place.x, (other.y - place.y) * 1.4) < reach(other) + reach(thing) + 2);
    if (!near) things.push({ ...thing, ...place });
  }
  return things.sort((a, b) => a.y - b.y);
}

function reach({ size }: Pick<Thing, "size">): number {
  return size === "large" ? 23 : 13;
}

function picture(things: readonly Thing[]): string {
  const floor =
    '<linearGradient id="floor" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#8f8f8f"/><stop offset="0.35" stop-color="#b5b5b5"/><stop offset="1" stop-color="#d5d5d5"/></linearGradient>';
  const shades = things.map((thing, i) => shading(thing, `s${i}`)).join("");
  return `<defs>${floor}${shades}</defs><rect width="${edge}" height="${edge}" fill="url(#floor)"/>${things.map((thing, i) => body(thing, `url(#s${i})`)).join("")}`;
}

/** Rubber is dull and evenly lit, metal has a bright spot and a dark rim. */
function shading({ color, material }: Thing, id: string): string {
  const [light, dark] = material === "metal" ? ["#ffffff", "#101010"] : [mixed(paint[color], "#ffffff", 0.25), mixed(paint[color], "#000000", 0.35)];
  const stops =
    material === "metal"
      ? [`0" stop-color="${light}`, `0.3" stop-color="${paint[color]}`, `0.75" stop-color="${paint[color]}`, `1" stop-color="${dark}`]
      : [`0" stop-color="${light}`, `1" stop-color="${dark}`];
  return `<radialGradient id="${id}" cx="0.35" cy="0.3" r="0.8">${stops.map((stop) => `<stop offset="${stop}"/>`).join("")}</radialGradient>`;
}

/** A thing that stands where its place is. */
function body(thing: Thing, fill: string): string {
  const { shape, x, y, color } = thing;
  const r = reach(thing) * 0.85;
  const shadow = `<ellipse cx="${(x + r * 0.35).toFixed(1)}" cy="${(y + r * 0.05).toFixed(1)}" rx="${(r * 1.15).toFixed(1)}" ry="${(r * 0.4).toFixed(1)}" fill="#000" opacity="0.25"/>`;
  const [left, top, right, lift] = [x - r, y - r * 1.7, x + r, r * 0.35].map((each) => Number(each.toFixed(1))) as [number, number, number, number];
  const lid = mixed(paint[color], "#ffffff", 0.35);
  switch (shape) {
    case "sphere":
      return `${shadow}<circle cx="${x.toFixed(1)}" cy="${(y - r * 0.8).toFixed(1)}" r="${r.toFixed(1)}" fill="${fill}"/>`;
    case "cylinder":
      return `${shadow}<path d="M${left} ${top}V${y}A${r} ${lift} 0 0 0 ${right} ${y}V${top}Z" fill="${fill}"/><ellipse cx="${x}" cy="${top}" rx="${r}" ry="${lift}" fill="${lid}"/>`;
    case "cube":
      return `${shadow}<path d="M${left} ${top}L${x} ${top + lift}V${y + lift}L${left} ${y}Z" fill="${fill}"/><path d="M${x} ${top + lift}L${right} ${top}V${y}L${x} ${y + lift}Z" fill="${mixed(paint[color], "#000000", 0.3)}"/><path d="M${left} ${top}L${x} ${top - lift}L${right} ${top}L${x} ${top + lift}Z" fill="${lid}"/>`;
  }
}

/** Two colours, `#rrggbb`. */
function mixed(one: string, other: string, share: number): string {
  const parts = (colour: string): number[] => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const [a, b] = [parts(one), parts(other)];
  return `#${a
    .map((value, i) =>
      Math.round(value + (b[i]! - value) * share)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}
