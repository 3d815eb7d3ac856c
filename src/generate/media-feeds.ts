import { mediaView } from "../data/media-view.ts";
import type { HostTensor, Variable } from "../runtime/runtime.ts";
import type { EncodedMedium } from "./media-encoder.ts";
import type { ModelSessions } from "./model-sessions.ts";

/**
 * The product of a single vector is added up in another order than that of several, so that its last digits differ. With two places for each medium's text they are the same, whether one row looks at it or many.
 */
const leastSegment = 2;

/** One row as it is read. */
interface ShownRow {
  /** For each token which of the row's media it sees, -1 for none. */
  readonly mediaOf: readonly number[];
  readonly media: readonly EncodedMedium[];
}

/** Keys and values of the media that the language model is to see, kept with the runtime as long as they serve. */
export class MediaFeeds {
  private readonly sessions: ModelSessions;
  private shown: readonly EncodedMedium[] = [];
  private variables: Readonly<Record<string, Variable>> | undefined;

  constructor(sessions: ModelSessions) {
    this.sessions = sessions;
  }

  /** Feeds for these rows: `media.{j}.key|value` [media, heads, latents, headDim] and the media view. @param tokens - of the longest row */
  async of(rows: readonly ShownRow[], tokens: number): Promise<Readonly<Record<string, HostTensor | Variable>>> {
    const { attend } = this.sessions.network.config.fusion;
    if (attend === "last") {
      // Every medium once, however many rows look at it.
      const seen = rows.map(({ mediaOf, media }) => mediaOf.map((index) => (index < 0 ? undefined : media[index]!)));
      const variables = await this.keysValues([...new Set(seen.flat().filter((medium) => medium !== undefined))]);
      const places = new Map(this.shown.map((medium, i) => [medium, i]));
      const view = seen.map((media) => ({ mediaOf: media.map((medium) => (medium === undefined ? -1 : places.get(medium)!)), first: 0 }));
      return { ...variables, ...mediaView(view, { tokens, attend, media: this.shown.length, leastSegment }) };
    }
    const [begin] = rows as readonly [ShownRow];
    const alike = rows.every(({ media }) => media.length === begin.media.length && media.every((medium, i) => medium === begin.media[i]));
    const starts = rows.map((_, i) => (alike ? 0 : rows.slice(0, i).reduce((sum, { media }) => sum + media.length, 0)));
    const variables = await this.keysValues(alike ? begin.media : rows.flatMap(({ media }) => media), true);
    const view = rows.map(({ mediaOf }, i) => ({ mediaOf, first: starts[i]! }));
    return { ...variables, ...mediaView(view, { tokens, attend, media: this.shown.length }) };
  }

  async dispose(): Promise<void> {
    await Promise.all(Object.values(this.variables ?? {}).map((variable) => variable.dispose()));
    this.variables = undefined;
  }

  /** Sees to it that `shown` holds these media. @param ordered - exactly these, in this order */
  private async keysValues(media: readonly EncodedMedium[], ordered = false): Promise<Readonly<Record<string, Variable>>> {
    if (this.variables !== undefined && (sameList(media, this.shown) || (!ordered && this.stillServes(media)))) return this.variables;
    await this.dispose();
    const made: Record<string, Variable> = {};
    // One after the other: all of them joined at once would be the memory of the media once more, and again on the way to the worker.
    const joining = media.length === 0 ? [this.nothing()] : media;
    for (const name of Object.keys(joining[0]!.layers)) made[name] = await this.sessions.runtime.variable(joined(joining, name));
    this.shown = media;
    this.variables = made;
    return this.variables;
  }

  /** Rows of a batch end one after the other: to attend for nobody to fewer than half of the media costs less than to join the others anew each time. */
  private stillServes(media: readonly EncodedMedium[]): boolean {
    return 2 * media.length > this.shown.length && media.every((medium) => this.shown.includes(medium));
  }

  /** One medium of zeros, which nobody sees. */
  private nothing(): EncodedMedium {
    const { fusion, resampler } = this.sessions.network;
    const shape = [1, fusion.heads, resampler.latents, fusion.headDim];
    const zeros: HostTensor = { dtype: "float32", shape, data: new Float32Array(fusion.heads * resampler.latents * fusion.headDim) };
    const names = Array.from({ length: fusion.count }, (_, j) => [`media.${j}.key`, `media.${j}.value`]).flat();
    return { layers: Object.fromEntries(names.map((name) => [name, zeros])) };
  }
}

function sameList(a: readonly EncodedMedium[], b: readonly EncodedMedium[]): boolean {
  return a.length === b.length && a.every((medium, i) => medium === b[i]);
}

/** @returns [media, heads, latents, headDim] */
function joined(media: readonly EncodedMedium[], name: string): HostTensor {
  const { dtype, shape, data } = media[0]!.layers[name]!;
  const values = new Float32Array(media.length * data.length);
  media.forEach(({ layers }, i) => values.set(layers[name]!.data as Float32Array, i * data.length));
  return { dtype, shape: [media.length, ...shape.slice(1)], data: values };
}
