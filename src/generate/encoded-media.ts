import { type EncodedMedium, encodedTogether, type MediaEncoder } from "./media-encoder.ts";
import type { Medium } from "./medium.ts";

/** Remembers what was computed for a medium as long as the medium itself is held: the same object in several prompts is encoded once. */
export class EncodedMedia {
  private readonly encoder: MediaEncoder;
  private readonly known = new WeakMap<Medium, Promise<EncodedMedium>>();

  constructor(encoder: MediaEncoder) {
    this.encoder = encoder;
  }

  /** @param signal - gives up between groups of media; what was encoded until then stays known */
  async encode(media: readonly Medium[], signal?: AbortSignal): Promise<EncodedMedium[]> {
    for (let group = this.unknown(media); group.length > 0; group = this.unknown(media)) {
      signal?.throwIfAborted();
      await this.begin(group);
    }
    return Promise.all(media.map((medium) => this.known.get(medium)!));
  }

  private unknown(media: readonly Medium[]): Medium[] {
    return [...new Set(media)].filter((medium) => !this.known.has(medium)).slice(0, encodedTogether);
  }

  private begin(group: readonly Medium[]): Promise<EncodedMedium[]> {
    const all = this.encoder.encode(group);
    group.forEach((medium, i) => {
      const encoded = all.then((list) => list[i]!);
      // What failed may succeed the next time: the file may be there by then.
      encoded.catch(() => this.known.delete(medium));
      this.known.set(medium, encoded);
    });
    return all;
  }
}
