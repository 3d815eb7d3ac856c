import type { PixelNormalisation, StatedPreprocessing } from "../data/preprocessing.ts";
import type { FlamingoConfig } from "../model/config.ts";
import type { FlamingoPart } from "../model/flamingo.ts";
import type { HostTensor } from "../runtime/host-tensor.ts";

/** A part whose weights are not read. */
export interface OpenedPart {
  /** What is said of it where its weights are. Undefined: nothing, as in a file of our own. */
  readonly config?: FlamingoConfig[FlamingoPart];
  /** Of a vision encoder's pictures, where that is said. */
  readonly pixels?: PartPixels;
  /** Whose weights they are, where that is said. */
  readonly origin?: WeightOrigin;
  /** What comes with a language model. */
  readonly tokenizer?: PartTokenizer;
  /** Everything that holds its weights. */
  readonly files: readonly string[];
  /**
   * Its weights by path, one after the other.
   * @param inBlocks - whether matrices stay in the blocks of 4 or 8 bits that they are stored in, which cannot be trained; a file of our own is taken as it is
   */
  read(inBlocks: boolean): AsyncGenerator<readonly [path: string, tensor: HostTensor]>;
  /** Ends all reading. */
  close(): Promise<void>;
}

/** How an encoder's pictures are made, as far as it is said. */
export type PartPixels = PixelNormalisation & StatedPreprocessing;

export interface WeightOrigin {
  readonly licence: string;
  readonly source: string;
}

export interface PartTokenizer {
  /** A `tokenizer.json`, or a `.gguf` file that holds a vocabulary. */
  readonly file: string;
  /** Special tokens that the model has beside those, in the order of its last rows. */
  readonly added: readonly string[];
}
