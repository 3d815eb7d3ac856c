/** Stand-ins for the paper's data sets, as coloured shapes have them. */
import type { InterleavedDocument, Random } from "flamingo-vlm/data";
import { parseConfig } from "flamingo-vlm/model";
import type { OpenSource, SourceMedium } from "flamingo-vlm/train";
import * as z from "zod";
import { captionOf, draw, kinds, nameOf, type Scene, sceneOf, somewhere } from "./shapes.ts";

const options = z.strictObject({
  /** `pages`: several pictures whose kinds have names of their own on each page. `captions` and `names`: a picture with a long or a short text. `noisy`: as `captions`, of which a third are another picture's. `films`: a shape that moves. */
  show: z.enum(["pages", "captions", "names", "noisy", "films"]),
});

type Document = InterleavedDocument<SourceMedium>;

const said = (medium: SourceMedium, text: string): Document => [
  { kind: "media", medium },
  { kind: "text", text: ` ${text}`, learn: true },
  { kind: "endOfChunk", learn: true },
];
const picture = (scene: Scene, random: Random): SourceMedium => ({ picture: draw(scene, somewhere(random)) });

const newNames = ["dax", "blick", "wug", "toma", "fep", "zorb"] as const;

/** Names that hold on this page alone, each at least twice: what follows a picture can be told from what followed one of its kind. */
function page(random: Random): Document {
  const named = random.sample(kinds, 2).map((kind, i) => ({ kind, name: random.sample(newNames, newNames.length)[i]! }));
  const distinct = named[0]!.name === named[1]!.name ? [named[0]!] : named;
  const shown = random.shuffle([...distinct, ...distinct]);
  return shown.flatMap(({ kind, name }) => {
    const scene = sceneOf(kind, random);
    return said(picture(scene, random), random.chance(0.5) ? `a ${name}` : `a ${name}, ${captionOf(scene)}`);
  });
}

/** Four frames, each a second after the other. */
function film(random: Random): Document {
  const scene = sceneOf(random.pick(kinds), random);
  const [direction, across, down] = random.pick([
    ["right", 0.1, 0],
    ["left", -0.1, 0],
    ["up", 0, -0.1],
    ["down", 0, 0.1],
  ] as const);
  const frames = [-1.5, -0.5, 0.5, 1.5].map((second) => draw(scene, { across: second * across, down: second * down }));
  return said({ frames }, `a ${nameOf(scene)} moves ${direction}`);
}

function pair(show: "captions" | "names" | "noisy", random: Random): Document {
  const scene = sceneOf(random.pick(kinds), random);
  const told = show === "noisy" && random.chance(1 / 3) ? sceneOf(random.pick(kinds), random) : scene;
  return said(picture(scene, random), show === "names" ? nameOf(told) : captionOf(told));
}

const open: OpenSource = (given) => {
  const { show } = parseConfig(options, given, "the coloured shapes");
  return {
    document: (random) => (show === "pages" ? page(random) : show === "films" ? film(random) : pair(show, random)),
    captioned: (count, random) =>
      random.sample(kinds, count).map((kind) => {
        const scene = sceneOf(kind, random);
        return { picture: draw(scene, somewhere(random)), text: captionOf(scene) };
      }),
    *vocabularyTexts() {
      for (const kind of kinds) {
        for (const ground of ["white", "yellow", "grey"] as const) yield ` ${captionOf({ ...kind, ground, large: ground === "grey" })}`;
        for (const direction of ["right", "left", "up", "down"]) yield ` a ${nameOf(kind)} moves ${direction}, a large one, a small one`;
        for (const name of newNames) yield ` a ${name}, a ${nameOf(kind)}`;
      }
    },
  };
};
export default open;
