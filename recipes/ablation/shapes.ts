/** Coloured shapes, drawn pixel by pixel: everything that the ablations learn from, with nothing to fetch. */
import type { Picture, Random } from "flamingo-vlm/data";

const colours = {
  red: [210, 40, 40],
  green: [40, 150, 60],
  blue: [50, 80, 200],
  orange: [240, 140, 30],
  purple: [130, 60, 160],
  black: [20, 20, 20],
} as const;
const grounds = { white: [255, 255, 255], yellow: [250, 230, 120], grey: [170, 170, 170] } as const;

/** Whether a place lies in it, seen from its middle; 1 is half its size. */
const forms = {
  circle: (x, y) => Math.hypot(x, y) < 0.9,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.8,
  triangle: (x, y) => y < 0.8 && Math.abs(x) < (y + 1) / 2,
  bar: (x, y) => Math.abs(x) < 1 && Math.abs(y) < 0.3,
  cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.3 && Math.max(Math.abs(x), Math.abs(y)) < 0.9,
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.7) < 0.25,
} as const satisfies Readonly<Record<string, (x: number, y: number) => boolean>>;

export interface Kind {
  readonly form: keyof typeof forms;
  readonly colour: keyof typeof colours;
}

export const kinds: readonly Kind[] = (Object.keys(forms) as Kind["form"][]).flatMap((form) =>
  (Object.keys(colours) as Kind["colour"][]).map((colour) => ({ form, colour })),
);

/** What can be told apart in a picture of a shape. */
export interface Scene extends Kind {
  readonly ground: keyof typeof grounds;
  readonly large: boolean;
}

export function sceneOf(kind: Kind, random: Random): Scene {
  return { ...kind, ground: random.pick(Object.keys(grounds) as Scene["ground"][]), large: random.chance(0.5) };
}

export function nameOf({ colour, form }: Kind): string {
  return `${colour} ${form}`;
}

export function captionOf(scene: Scene): string {
  return `a ${scene.large ? "large" : "small"} ${nameOf(scene)} on ${scene.ground}`;
}

/** In the middle of a picture, or so far beside it, as a share of the picture. */
export interface Place {
  readonly across: number;
  readonly down: number;
}

export function somewhere(random: Random): Place {
  return { across: random.between(-0.15, 0.15), down: random.between(-0.15, 0.15) };
}

export function draw({ form, colour, ground, large }: Scene, { across, down }: Place, size = 64): Picture {
  const data = new Uint8ClampedArray(3 * size * size);
  const half = (large ? 0.32 : 0.18) * size;
  const inside = forms[form];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const within = inside((x + 0.5 - size * (0.5 + across)) / half, (y + 0.5 - size * (0.5 + down)) / half);
      data.set(within ? colours[colour] : grounds[ground], 3 * (y * size + x));
    }
  }
  return { width: size, height: size, data };
}
