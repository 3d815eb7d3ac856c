import { byteLengthOf } from "../runtime/runtime.ts";
import type { EncodedMedium, MediaEncoder } from "./media-encoder.ts";
import type { Medium } from "./medium.ts";

/** What is remembered at most, in bytes of keys and values; of what goes beyond it the oldest is forgotten, and computed again when it is asked for. */
const rememberedBytes = 64_000_000;

/** Remembers what was computed for a medium as long as the medium itself is held: the same object in several prompts is encoded once. */
export class EncodedMedia {
  private readonly encoder: Pick<MediaEncoder, "encode" | "together">;
  private readonly limit: number;
  private readonly known = new WeakMap<Medium, Promise<EncodedMedium>>();
  private readonly remembered: { readonly medium: WeakRef<Medium>; readonly bytes: number }[] = [];
  private bytes = 0;

  constructor(encoder: Pick<MediaEncoder, "encode" | "together">, limit = rememberedBytes) {
    this.encoder = encoder;
    this.limit = limit;
  }

  /** @param signal - gives up between groups of media; what was encoded until then stays known */
  async encode(media: readonly Medium[], signal?: AbortSignal): Promise<EncodedMedium[]> {
    // Held here too: what this prompt needs may be forgotten while it is still being put together.
    const found = new Map<Medium, Promise<EncodedMedium>>();
    for (let missing = [...new Set(media)]; missing.length > 0; missing = missing.filter((medium) => !found.has(medium))) {
      signal?.throwIfAborted();
      const begun = this.begin(missing.filter((medium) => !this.known.has(medium)).slice(0, this.encoder.together));
      for (const medium of missing) {
        const encoded = this.known.get(medium);
        if (encoded !== undefined) found.set(medium, encoded);
      }
      await begun;
    }
    return Promise.all(media.map((medium) => found.get(medium)!));
  }

  private async begin(group: readonly Medium[]): Promise<void> {
    if (group.length === 0) return;
    const all = this.encoder.encode(group);
    group.forEach((medium, i) => {
      const encoded = all.then((list) => list[i]!);
      // What failed may succeed the next time: the file may be there by then.
      encoded.catch(() => this.known.delete(medium));
      this.known.set(medium, encoded);
    });
    (await all).forEach((encoded, i) => this.remember(group[i]!, encoded));
  }

  private remember(medium: Medium, { layers }: EncodedMedium): void {
    const bytes = Object.values(layers).reduce((sum, tensor) => sum + byteLengthOf(tensor), 0);
    this.remembered.push({ medium: new WeakRef(medium), bytes });
    this.bytes += bytes;
    while (this.bytes > this.limit) {
      const oldest = this.remembered.shift()!;
      this.bytes -= oldest.bytes;
      const forgotten = oldest.medium.deref();
      if (forgotten !== undefined) this.known.delete(forgotten);
    }
  }
}
