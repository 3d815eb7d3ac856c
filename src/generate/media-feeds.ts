import type { HostTensor, Variable } from "../runtime/runtime.ts";
import type { EncodedMedium } from "./media-encoder.ts";
import type { ModelSessions } from "./model-sessions.ts";

export interface ShownMedia {
  /** Media of all rows, row after row. */
  readonly media: readonly EncodedMedium[];
  readonly mediaPerRow: readonly number[];
  /** For each row which of its shown media each token sees. */
  readonly rows: readonly { readonly mediaOf: readonly number[] }[];
}

/** Keys and values of the media that the language model is to see, kept with the runtime as long as they are the same. */
export class MediaFeeds {
  private readonly sessions: ModelSessions;
  private shown: readonly EncodedMedium[] = [];
  private variables: Readonly<Record<string, Variable>> | undefined;

  constructor(sessions: ModelSessions) {
    this.sessions = sessions;
  }

  /** The media that these tokens can see: where only the last one counts, earlier ones stay out. */
  select(media: readonly (readonly EncodedMedium[])[], mediaOf: readonly (readonly number[])[], attend: "last" | "all"): ShownMedia {
    const first = mediaOf.map((indices, row) => {
      if (attend === "all") return 0;
      const seen = indices.filter((index) => index >= 0);
      return seen.length === 0 ? media[row]!.length : Math.min(...seen);
    });
    const shown = media.map((row, i) => row.slice(first[i]));
    return {
      media: shown.flat(),
      mediaPerRow: shown.map(({ length }) => length),
      rows: mediaOf.map((indices, row) => ({ mediaOf: indices.map((index) => (index < 0 ? -1 : index - first[row]!)) })),
    };
  }

  /** `media.{j}.key|value` [media, heads, latents, headDim] as feeds. Without media there is one of zeros, which nobody sees. */
  async keysValues(media: readonly EncodedMedium[]): Promise<Readonly<Record<string, Variable>>> {
    if (this.variables !== undefined && media.length === this.shown.length && media.every((medium, i) => medium === this.shown[i])) return this.variables;
    await this.dispose();
    const joined = media.length === 0 ? this.nothing() : joinMedia(media);
    const variables: Record<string, Variable> = {};
    for (const [name, tensor] of Object.entries(joined)) variables[name] = await this.sessions.runtime.variable(tensor);
    this.shown = media;
    this.variables = variables;
    return variables;
  }

  async dispose(): Promise<void> {
    for (const variable of Object.values(this.variables ?? {})) await variable.dispose();
    this.variables = undefined;
  }

  private nothing(): Record<string, HostTensor> {
    const { fusion, resampler } = this.sessions.network;
    const shape = [1, fusion.heads, resampler.latents, fusion.headDim];
    const zeros = (): HostTensor => ({ dtype: "float32", shape, data: new Float32Array(fusion.heads * resampler.latents * fusion.headDim) });
    return Object.fromEntries(
      Array.from(
        { length: fusion.count },
        (_, j) =>
          [
            [`media.${j}.key`, zeros()],
            [`media.${j}.value`, zeros()],
          ] as const,
      ).flat(),
    );
  }
}

function joinMedia(media: readonly EncodedMedium[]): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(media[0]!.layers).map(([name, { dtype, shape, data }]) => {
      const joined = new Float32Array(media.length * data.length);
      media.forEach(({ layers }, i) => joined.set(layers[name]!.data as Float32Array, i * data.length));
      return [name, { dtype, shape: [media.length, ...shape.slice(1)], data: joined }];
    }),
  );
}
