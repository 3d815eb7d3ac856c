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
    const unknown = [...new Set(media)].filter((medium) => !this.known.has(medium));
    if (unknown.length > 0) {
      const all = this.encoder.encode(unknown);
      unknown.forEach((medium, i) => {
        const encoded = all.then((list) => list[i]!);
        // What failed may succeed the next time: the file may be there by then.
        encoded.catch(() => this.known.delete(medium));
        this.known.set(medium, encoded);
      });
    }
    return Promise.all(media.map((medium) => this.known.get(medium)!));
  }
}
