import { byteLengthOf } from "../runtime/runtime.ts";
import type { EncodedMedium, MediaEncoder } from "./media-encoder.ts";
import type { Medium } from "./medium.ts";
import { allAtOnce, type Steps } from "./steps.ts";

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
    const encoded = await allAtOnce(this.encodeInSteps(() => media, signal));
    return media.map((medium) => encoded.get(medium)!);
  }

  /** Group by group, of as many as are encoded in one run. @param wanted - asked before every group, since some may be wanted no more */
  async *encodeInSteps(wanted: () => readonly Medium[], signal?: AbortSignal): Steps<ReadonlyMap<Medium, EncodedMedium>> {
    // Held here too: what this prompt needs may be forgotten while it is still being put together.
    const found = new Map<Medium, Promise<EncodedMedium>>();
    const missing = (): Medium[] => [...new Set(wanted())].filter((medium) => !found.has(medium));
    for (let media = missing(); media.length > 0; media = missing()) {
      signal?.throwIfAborted();
      const group = media.filter((medium) => !this.known.has(medium)).slice(0, this.encoder.together);
      const begun = this.begin(group);
      for (const medium of media) {
        const encoded = this.known.get(medium);
        if (encoded !== undefined) found.set(medium, encoded);
      }
      await begun;
      if (group.length > 0) yield;
    }
    signal?.throwIfAborted();
    return new Map(await Promise.all([...found].map(async ([medium, encoded]) => [medium, await encoded] as const)));
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
