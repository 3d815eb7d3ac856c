/** Pictures are found by texts, and texts by pictures: how the paper measures what its vision encoder has learnt. */
import type { PictureSource } from "../../data/image.ts";
import { type Measures, measure } from "../metrics/metric.ts";
import { firstRight, recallOfPlaces } from "../metrics/retrieval-recall.ts";
import type { PairModel } from "./pair-model.ts";
import { similarity } from "./similarity.ts";

export interface CaptionedPictures {
  readonly pictures: readonly PictureSource[];
  readonly texts: readonly { readonly text: string /** Indices of the pictures that it is said of. */; readonly pictures: readonly number[] }[];
}

const ranks = [1, 5, 10] as const;

/**
 * R@1, R@5 and R@10 both ways: of each text any of its pictures, of each picture any of its texts, among all of them.
 * @param seen - told how many pictures are done
 */
export async function retrieval(
  model: Pick<PairModel, "embedPictures" | "embedTexts">,
  { pictures, texts }: CaptionedPictures,
  seen?: (done: number) => void,
): Promise<Measures> {
  const shown = await model.embedPictures(pictures, seen);
  const said = await model.embedTexts(texts.map(({ text }) => text));
  const textsOf: readonly number[][] = pictures.map(() => []);
  texts.forEach((text, i) => {
    for (const picture of text.pictures) textsOf[picture]!.push(i);
  });
  const toText = shown.map((picture, i) => firstRight({ scores: said.map((text) => similarity(picture, text)), right: textsOf[i]! }));
  const toPicture = said.map((text, i) => firstRight({ scores: shown.map((picture) => similarity(picture, text)), right: texts[i]!.pictures }));
  const figures = (places: readonly number[], direction: string) => ranks.map((k) => [`${direction} R@${k}`, measure(recallOfPlaces(k), places)] as const);
  return Object.fromEntries([...figures(toText, "image to text"), ...figures(toPicture, "text to image")]);
}
