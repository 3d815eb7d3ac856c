/** `flamingo data nano`: the packages that hold nano's text and drawings, and the drawings, rendered. Training does it too where it was not done, and encodes the drawings. */
import { resolve } from "node:path";
import type { PrepareData } from "flamingo-vlm/data";
import { parseConfig } from "flamingo-vlm/model";
import { placesConfig, preparedDrawings } from "./prepared.ts";

const prepare: PrepareData = async (options, show, signal) => {
  const places = parseConfig(placesConfig, options, "nano's data");
  const { concepts } = await preparedDrawings(places, show, signal);
  const count = (part: string): number => concepts.filter((concept) => concept.part === part).length;
  return {
    folder: resolve(places.folder),
    concepts: concepts.length,
    drawings: concepts.reduce((total, { pictures }) => total + pictures.length, 0),
    train: count("train"),
    validation: count("validation"),
    heldOut: count("heldOut"),
  };
};
export default prepare;
