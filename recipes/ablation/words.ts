/** The same without pictures, for the language model: what may be said of them. */
import type { Random } from "flamingo-vlm/data";
import type { OpenSource } from "flamingo-vlm/train";
import open from "./source.ts";

const openWords: OpenSource = async (options, show) => {
  const source = await open(options, show);
  return {
    document: (random: Random) => source.document!(random).map((piece) => (piece.kind === "media" ? { kind: "media", medium: undefined } : piece)),
    vocabularyTexts: source.vocabularyTexts!.bind(source),
  };
};
export default openWords;
