import type { DrawingStyle } from "./drawing-style.ts";
import { drawnSets } from "./glyph-sets.ts";

export type { DrawingStyle, StyleUse } from "./drawing-style.ts";

export const drawingStyles: readonly DrawingStyle[] = [
  { id: "noto", package: "@iconify-json/noto", version: "1.2.9", family: "google", author: "Google", licence: "Apache-2.0", use: "train" },
  { id: "noto-v1", package: "@iconify-json/noto-v1", version: "1.2.5", family: "google", author: "Google", licence: "Apache-2.0", use: "train" },
  {
    id: "fluent-emoji",
    package: "@iconify-json/fluent-emoji",
    version: "1.2.7",
    family: "microsoft",
    author: "Microsoft Corporation",
    licence: "MIT",
    use: "train",
  },
  {
    id: "fluent-emoji-flat",
    package: "@iconify-json/fluent-emoji-flat",
    version: "1.2.6",
    family: "microsoft",
    author: "Microsoft Corporation",
    licence: "MIT",
    use: "train",
  },
  { id: "twemoji", package: "@iconify-json/twemoji", version: "1.2.5", family: "twitter", author: "Twitter", licence: "CC-BY-4.0", use: "train" },
  { id: "emojione", package: "@iconify-json/emojione", version: "1.2.3", family: "emojione", author: "Emoji One", licence: "CC-BY-4.0", use: "train" },
  {
    id: "streamline-emojis",
    package: "@iconify-json/streamline-emojis",
    version: "1.2.4",
    family: "streamline",
    author: "Streamline",
    licence: "CC-BY-4.0",
    use: "train",
  },
  { id: "fxemoji", package: "@iconify-json/fxemoji", version: "1.2.2", family: "mozilla", author: "Mozilla", licence: "Apache-2.0", use: "heldOut" },
  {
    id: "openmoji",
    package: "@iconify-json/openmoji",
    version: "1.2.29",
    family: "openmoji",
    author: "OpenMoji",
    licence: "CC-BY-SA-4.0",
    use: "evaluationOnly",
  },
  {
    id: "emojione-v1",
    package: "@iconify-json/emojione-v1",
    version: "1.2.3",
    family: "emojione",
    author: "Emoji One",
    licence: "CC-BY-SA-4.0",
    use: "evaluationOnly",
  },
];

const byId: ReadonlyMap<string, DrawingStyle> = new Map([...drawnSets, ...drawingStyles.map((style): [string, DrawingStyle] => [style.id, style])]);

/** A style of emoji or a set of pictograms. @throws when there is no such style */
export function drawingStyle(id: string): DrawingStyle {
  const style = byId.get(id);
  if (style === undefined) throw new Error(`there is no drawing style "${id}"; there are: ${drawingStyles.map((known) => known.id).join(", ")}`);
  return style;
}
