import { loadPicture } from "../data/image.ts";
import { type PreprocessingConfig, preprocess } from "../data/preprocessing.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import type { Medium } from "./medium.ts";
import type { ModelSessions } from "./model-sessions.ts";

/** A medium as the fusion layers see it: computed once, whatever is asked about it. */
export interface EncodedMedium {
  /** `media.{j}.key` and `media.{j}.value` of each fusion layer, each [1, heads, latents, headDim]. */
  readonly layers: Readonly<Record<string, HostTensor>>;
}

/** Pictures encoded at once: more gain nothing on a CPU and take memory. */
const batch = 16;

/** Pictures → features → keys and values of the fusion layers. */
export class MediaEncoder {
  private readonly sessions: ModelSessions;
  private readonly preprocessing: PreprocessingConfig;
  private readonly maxPixels: number | undefined;

  constructor(sessions: ModelSessions, preprocessing: PreprocessingConfig, maxPixels?: number) {
    this.sessions = sessions;
    this.preprocessing = preprocessing;
    this.maxPixels = maxPixels;
  }

  /** @throws DataError when a picture cannot be read */
  async encode(media: readonly Medium[]): Promise<EncodedMedium[]> {
    const features = await Promise.all(media.map((medium) => this.features(medium)));
    const encoded: EncodedMedium[] = [];
    for (const feature of features) encoded.push(await this.encodeFeatures(feature));
    return encoded;
  }

  /** The frozen vision encoder's features: float32 [frames, spatial, width]. */
  async features({ frames }: Medium): Promise<HostTensor> {
    const { spatial, width } = this.sessions.network.vision;
    const data = new Float32Array(frames.length * spatial * width);
    for (let at = 0; at < frames.length; at += batch) {
      const pixels = await this.pixels(frames.slice(at, at + batch));
      const { features } = await (await this.sessions.vision()).run({ pixels });
      data.set(features!.data as Float32Array, at * spatial * width);
    }
    return { dtype: "float32", shape: [frames.length, spatial, width], data };
  }

  /** @param features - [frames, spatial, width] */
  async encodeFeatures({ dtype, shape, data }: HostTensor): Promise<EncodedMedium> {
    const layers = await (await this.sessions.media()).run({ features: { dtype, shape: [1, ...shape], data } });
    return { layers };
  }

  private async pixels(frames: Medium["frames"]): Promise<HostTensor> {
    const [height, width] = this.preprocessing.size;
    const data = new Float32Array(frames.length * 3 * height * width);
    const options = this.maxPixels === undefined ? {} : { maxPixels: this.maxPixels };
    await Promise.all(
      frames.map(async (frame, i) => {
        const picture = await loadPicture(frame, { ...options, background: this.preprocessing.background });
        data.set(preprocess(picture, this.preprocessing), i * 3 * height * width);
      }),
    );
    return { dtype: "float32", shape: [frames.length, 3, height, width], data };
  }
}
