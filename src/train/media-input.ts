import type { Picture } from "../data/picture.ts";
import type { SourceMedium } from "./sources/source.ts";
import type { Feeds } from "./training-source.ts";

/** How the pictures of a batch enter the training graph: as features of a frozen vision encoder, or as pixels where the encoder is trained. */
export interface MediaInput {
  /** A picture in the size in which the encoder sees it, which `feeds` leaves as it is. */
  fitted(picture: Picture): Picture;
  /**
   * A batch without pictures has one of zeros, which nobody sees.
   * @throws DataError when a picture cannot be read; ConfigError when the encoder cannot be shown what a document says of a picture
   */
  feeds(media: readonly SourceMedium[]): Promise<Feeds>;
}
