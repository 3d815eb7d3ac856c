import { loadPicture } from "../data/image.ts";
import type { Picture } from "../data/picture.ts";
import { fitted, type PreprocessingConfig, preprocess } from "../data/preprocessing.ts";
import { free, type HostTensor } from "../runtime/runtime.ts";
import { picturesTogether } from "./batch-size.ts";
import type { Medium } from "./medium.ts";
import type { ModelSessions } from "./model-sessions.ts";

/** A medium as the fusion layers see it: computed once, whatever is asked about it. */
export interface EncodedMedium {
  /** `media.{j}.key` and `media.{j}.value` of each fusion layer, each [1, heads, latents, headDim]. */
  readonly layers: Readonly<Record<string, HostTensor>>;
}

/** What is kept at most of pictures that were decoded to see whether they can be, in bytes at the size that the encoder takes: some 400 of 224 x 224. Those beyond are decoded once more. */
const keptBytes = 64_000_000;

/** Pictures → features → keys and values of the fusion layers. */
export class MediaEncoder {
  private readonly sessions: ModelSessions;
  private readonly preprocessing: PreprocessingConfig;
  private readonly maxPixels: number | undefined;
  private readonly checked = new WeakSet<Medium>();
  private readonly kept = new Map<Medium, readonly Picture[]>();
  /** Pictures that are encoded in one run. */
  readonly together: number;

  constructor(sessions: ModelSessions, preprocessing: PreprocessingConfig, maxPixels?: number) {
    this.sessions = sessions;
    this.together = picturesTogether(sessions.network);
    this.preprocessing = preprocessing;
    this.maxPixels = maxPixels;
  }

  /**
   * Decodes a medium's pictures, so that what is wrong with one is known before anything is computed. What was decoded is kept until it is encoded, as far as there is room.
   * @throws DataError when a picture cannot be read
   */
  async check(medium: Medium): Promise<void> {
    if (this.checked.has(medium)) return;
    // The first time it is compiled while pictures are decoded.
    this.sessions.vision().catch(() => {});
    const frames: Picture[] = [];
    for (const frame of medium.frames) frames.push(fitted(await this.picture(frame), this.preprocessing));
    this.checked.add(medium);
    const [height, width] = this.preprocessing.size;
    this.kept.set(medium, frames);
    // What was looked at and never asked about goes first, so that it takes no room from what comes later.
    let held = [...this.kept.values()].reduce((sum, pictures) => sum + pictures.length, 0);
    for (const [oldest, pictures] of this.kept) {
      if (held * height * width * 3 <= keptBytes) break;
      held -= pictures.length;
      this.kept.delete(oldest);
    }
  }

  /** All at once: pictures that are encoded together take half the time that they take one by one. @throws DataError when a picture cannot be read */
  async encode(media: readonly Medium[]): Promise<EncodedMedium[]> {
    const features = await this.features(media);
    const encoded: EncodedMedium[] = [];
    const ofEqualLength = Map.groupBy(features.keys(), (i) => features[i]!.shape[0]!);
    for (const members of ofEqualLength.values()) {
      for (let at = 0; at < members.length; at += this.together) {
        const some = members.slice(at, at + this.together);
        const layers = await (await this.sessions.media()).run({ features: stacked(some.map((i) => features[i]!)) });
        some.forEach((member, row) => {
          encoded[member] = { layers: Object.fromEntries(Object.entries(layers).map(([name, tensor]) => [name, rowOf(tensor, row)])) };
        });
      }
    }
    return encoded;
  }

  /** The frozen vision encoder's features, float32 [frames, spatial, width] for each medium. @throws DataError when a picture cannot be read */
  async features(media: readonly Medium[]): Promise<HostTensor[]> {
    const { spatial, width } = this.sessions.network.vision;
    // A picture that has the encoder's size already is not changed by being fitted again.
    const frames = media.flatMap((medium) => this.kept.get(medium) ?? medium.frames);
    for (const medium of media) this.kept.delete(medium);
    // The first time it is compiled while the pictures are decoded.
    const compiling = this.sessions.vision();
    compiling.catch(() => {});
    const data = new Float32Array(frames.length * spatial * width);
    for (let at = 0; at < frames.length; at += this.together) {
      const pixels = await this.pixels(frames.slice(at, at + this.together));
      const { features } = await (await compiling).run({ pixels });
      data.set(features!.data as Float32Array, at * spatial * width);
      // Left to the collector, megabytes for each picture would have it look through the whole heap every few pictures.
      for (const used of [pixels, features!]) free(used);
    }
    let first = 0;
    return media.map(({ frames: { length } }) => {
      const start = first * spatial * width;
      first += length;
      return { dtype: "float32", shape: [length, spatial, width], data: data.subarray(start, first * spatial * width) };
    });
  }

  private async pixels(frames: Medium["frames"]): Promise<HostTensor> {
    const [height, width] = this.preprocessing.size;
    const size = 3 * height * width;
    const data = new Float32Array(frames.length * size);
    await Promise.all(frames.map(async (frame, i) => preprocess(await this.picture(frame), this.preprocessing, data.subarray(i * size, (i + 1) * size))));
    return { dtype: "float32", shape: [frames.length, 3, height, width], data };
  }

  /** A frame as it is before it is brought to the encoder's size. */
  picture(frame: Medium["frames"][number]): Promise<Picture> {
    const options = this.maxPixels === undefined ? {} : { maxPixels: this.maxPixels };
    return loadPicture(frame, { ...options, background: this.preprocessing.background });
  }
}

/** @param tensors - float32, all of one shape @returns [tensors, ...shape] */
function stacked(tensors: readonly HostTensor[]): HostTensor {
  const [
    {
      shape,
      data: { length },
    },
  ] = tensors as readonly [HostTensor];
  const data = new Float32Array(tensors.length * length);
  tensors.forEach((tensor, i) => data.set(tensor.data as Float32Array, i * length));
  return { dtype: "float32", shape: [tensors.length, ...shape], data };
}

/** @returns [1, ...]; a copy, so that keeping one medium does not keep the others */
function rowOf({ shape, data }: HostTensor, row: number): HostTensor {
  const size = data.length / shape[0]!;
  return { dtype: "float32", shape: [1, ...shape.slice(1)], data: (data as Float32Array).slice(row * size, (row + 1) * size) };
}
