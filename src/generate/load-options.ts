import type { ModelPullEvent } from "../checkpoint/hub/pull-event.ts";
import type { Device } from "../runtime/runtime.ts";

export interface LoadOptions {
  /** Default `auto`. */
  readonly device?: Device | "auto";
  /** Default: all cores in Node. At most 4 for each core: more only wait for one another. */
  readonly threads?: number;
  /** Whether the arithmetic runs in a thread of its own, so that the event loop stays free. Default: true. */
  readonly worker?: boolean;
  /** Larger pictures are refused. Default: 100 million; at most 1 billion. */
  readonly maxPixels?: number;
  /** Whether the content of large files is checked, not only their sizes: it was when they were pulled or made. Takes minutes for large models. Default: false. */
  readonly verify?: boolean;
  /** Weights of a model whose files come to at least so many bytes are mapped and not read, where that is possible. Default: 64 MB. */
  readonly mapFrom?: number;
  /**
   * Gives the content of the model's files by their names, in the place of a folder: for a program that keeps them itself, such as a page in the browser's storage. For models of our own form, in
   * safetensors files; `name` is then only what errors call it.
   */
  readonly read?: (file: string) => Promise<Uint8Array>;
  /** Told what happens while a model is pulled from the Hugging Face hub. */
  readonly onProgress?: (event: ModelPullEvent) => void;
  /** Ends pulling. */
  readonly signal?: AbortSignal;
}
