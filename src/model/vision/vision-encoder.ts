import type { Tensor } from "../../graph/graph.ts";

/** Squares that cover the input from its upper left corner on, row after row. */
export interface VisionGrid {
  readonly rows: number;
  readonly columns: number;
  /** Edge of a square in pixels. What is left over beyond whole ones, at the right and at the bottom, belongs to none. */
  readonly cell: number;
  /** Class tokens, which come before the grid and lie nowhere. */
  readonly classTokens: number;
}

/** Turns pictures into features on a grid. */
export interface VisionEncoder {
  /** Height and width of its input in pixels. */
  readonly imageSize: readonly [height: number, width: number];
  /** Positions of its grid, class tokens that are kept included, and the rows that its classifier's probabilities fill. */
  readonly spatial: number;
  /** Where the positions of its grid lie in its input. */
  readonly grid: VisionGrid;
  /** Classes of its own classifier, whose probabilities fill the last rows of its features, with zeros after them; 0: there are none. */
  readonly classes: number;
  /** Features at each position. */
  readonly width: number;
  /**
   * @param pixels - [images, 3, height, width], normalised as the encoder was trained
   * @returns [images, spatial, width]
   */
  forward(pixels: Tensor): Tensor;
}
