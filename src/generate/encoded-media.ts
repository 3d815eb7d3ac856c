import type { EncodedMedium, MediaEncoder } from "./media-encoder.ts";
import type { Medium } from "./medium.ts";

/** Remembers what was computed for a medium as long as the medium itself is held: the same object in several prompts is encoded once. */
export class EncodedMedia {
  private readonly encoder: MediaEncoder;
  private readonly known = new WeakMap<Medium, Promise<EncodedMedium>>();

  constructor(encoder: MediaEncoder) {
    this.encoder = encoder;
  }

  async encode(media: readonly Medium[]): Promise<EncodedMedium[]> {
    return Promise.all(media.map((medium) => this.one(medium)));
  }

  private one(medium: Medium): Promise<EncodedMedium> {
    let encoded = this.known.get(medium);
    if (encoded === undefined) {
      encoded = this.encoder.encode([medium]).then(([first]) => first!);
      // What failed may succeed the next time: the file may be there by then.
      encoded.catch(() => this.known.delete(medium));
      this.known.set(medium, encoded);
    }
    return encoded;
  }
}
