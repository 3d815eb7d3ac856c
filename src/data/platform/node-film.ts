/** Films by FFmpeg, in a package that holds it: whoever reads films installs it. */
import { setTimeout } from "node:timers/promises";
import type { DemuxerVideoDecoderConfig, EncodedVideoChunk, VideoDecoder, VideoFrame } from "@napi-rs/webcodecs";
import { DataError } from "../errors.ts";
import type { Film } from "../film.ts";
import { checkWhole, filmOrientation } from "../film-file.ts";
import { type Orientation, upright } from "../orientation.ts";
import type { Picture } from "../picture.ts";
import { fromYuv, type YuvMatrix, type YuvPlane } from "../yuv-pixels.ts";

type Codecs = typeof import("@napi-rs/webcodecs");

const packageName = "@napi-rs/webcodecs";
const readCodecs = /^(?:avc[13]|h264|hev1|hvc1|hevc|h265|vp8|vp0?9|av0?1)(?:\.|$)/;
/** Packets that are given to the decoder before its frames are waited for: they are in memory until they are let go. */
const packetsAtOnce = 16;

/** @throws DataError when the package that decodes films is not there, or it has no picture track, or one of another codec; Error when it is damaged */
export async function openFilm(bytes: Uint8Array, name: string): Promise<Film> {
  const codecs = await loadCodecs(name);
  checkWhole(bytes);
  const demuxer = new codecs.MkvDemuxer({ error: () => {} });
  try {
    await demuxer.loadBuffer(bytes);
    const config = demuxer.videoDecoderConfig;
    if (config === null)
      throw new DataError(`${name} has no pictures: of its tracks ${demuxer.tracks.map(({ trackType }) => trackType).join(", ") || "there are none"}`);
    if (!readCodecs.test(config.codec))
      throw new DataError(
        `${name} is a video of a codec that is not read; readable are H.264, HEVC, VP8, VP9 and AV1. Convert it: ffmpeg -i VIDEO -c:v libx264 OUT.mp4`,
      );
    const packets: EncodedVideoChunk[] = [];
    for await (const { chunkType, videoChunk } of demuxer) if (chunkType === "video") packets.push(videoChunk!);
    if (packets.length === 0) throw new Error("it has no frames");
    return new PacketFilm(name, codecs, config, packets, filmOrientation(bytes));
  } finally {
    demuxer.close();
  }
}

async function loadCodecs(name: string): Promise<Codecs> {
  try {
    return await import(packageName);
  } catch (error) {
    throw new DataError(
      `${name} is a film, which is decoded by the package ${packageName}, and that is not installed: npm install ${packageName}@1.3.1. Or take pictures out of it: ffmpeg -i VIDEO -vf fps=1 FOLDER/%03d.png (frames in a folder are a video too)`,
      { cause: error },
    );
  }
}

/** As the header of a packet of VP8 says. */
function isShown(packet: EncodedVideoChunk): boolean {
  const bytes = new Uint8Array(packet.byteLength);
  packet.copyTo(bytes);
  return (bytes[0]! & 0x10) !== 0;
}

class PacketFilm implements Film {
  readonly width: number;
  readonly height: number;
  readonly times: readonly number[];
  readonly duration: number;
  private readonly name: string;
  private readonly codecs: Codecs;
  private readonly config: DemuxerVideoDecoderConfig;
  private readonly orientation: Orientation;
  /** In the order in which they are decoded. */
  private readonly packets: readonly EncodedVideoChunk[];
  /** Those that nobody sees, from which others are predicted. */
  private readonly hidden: ReadonlySet<number>;
  /** Of each frame in the order in which it is seen, its packet's place among all. */
  private readonly places: readonly number[];

  constructor(name: string, codecs: Codecs, config: DemuxerVideoDecoderConfig, packets: readonly EncodedVideoChunk[], orientation: Orientation) {
    this.name = name;
    this.codecs = codecs;
    this.config = config;
    this.packets = packets;
    this.orientation = orientation;
    this.width = config.codedWidth;
    this.height = config.codedHeight;
    this.hidden = new Set([...packets.keys()].filter((place) => config.codec === "vp8" && !isShown(packets[place]!)));
    const seen = [...packets.keys()].filter((place) => !this.hidden.has(place)).sort((a, b) => packets[a]!.timestamp - packets[b]!.timestamp);
    // What an editor cut off at the beginning is still there, before time 0.
    const kept = seen.filter((place) => packets[place]!.timestamp >= 0);
    this.places = kept.length === 0 ? seen : kept;
    const first = packets[this.places[0]!]!.timestamp;
    this.times = this.places.map((place) => (packets[place]!.timestamp - first) / 1e6);
    const last = packets[this.places.at(-1)!]!;
    const ownDuration = last.duration ?? 0;
    this.duration = this.times.at(-1)! + (ownDuration > 0 ? ownDuration / 1e6 : this.times.at(-1)! - (this.times.at(-2) ?? 0));
  }

  async decode(frames: readonly number[]): Promise<Picture[]> {
    const pictures = new Map<number, Picture>();
    const byKey = Map.groupBy(new Set(frames.map((frame) => this.places[frame]!)), (place) => this.keyBefore(place));
    for (const [key, places] of byKey) await this.decodeFrom(key, places, pictures);
    return frames.map((frame) => pictures.get(this.places[frame]!)!);
  }

  /** The last packet that can be decoded by itself, comes no later, and is seen no later. */
  private keyBefore(place: number): number {
    const { timestamp } = this.packets[place]!;
    const found = this.packets.slice(0, place + 1).findLastIndex((packet) => packet.type === "key" && packet.timestamp <= timestamp);
    return Math.max(0, found);
  }

  /** @param places - of packets that are wanted, which all depend on that key and what follows it */
  private async decodeFrom(key: number, places: readonly number[], pictures: Map<number, Picture>): Promise<void> {
    const { packets, codecs, config } = this;
    // Packets that are seen before the key depend on what was before it, and none after it depends on them.
    const given = packets.flatMap((packet, place) =>
      place >= key && place <= Math.max(...places) && packet.timestamp >= packets[key]!.timestamp ? [{ packet, place }] : [],
    );
    // Frames come in the order in which they are seen; the times that this decoder notes on them are those of other frames.
    const seen = given.filter(({ place }) => !this.hidden.has(place)).sort((a, b) => a.packet.timestamp - b.packet.timestamp);
    const failures: Error[] = [];
    const copies: Promise<void>[] = [];
    let count = 0;
    const decoder = new codecs.VideoDecoder({
      output: (frame: VideoFrame) => {
        const place = seen[count++]?.place;
        if (place === undefined || !places.includes(place)) return frame.close();
        const copy = pictureOf(frame, this.name, config.codec).then((picture) => void pictures.set(place, upright(picture, this.orientation)));
        copy.catch(() => {});
        copies.push(copy.finally(() => frame.close()));
      },
      error: (error: Error) => failures.push(error),
    });
    try {
      decoder.configure(config);
      for (const [i, { packet }] of given.entries()) {
        decoder.decode(packet);
        if (i % packetsAtOnce === packetsAtOnce - 1) await emptied(decoder);
      }
      await decoder.flush();
      await Promise.all(copies);
    } catch (error) {
      throw failures[0] ?? error;
    } finally {
      if (decoder.state !== "closed") decoder.close();
    }
    if (failures.length > 0) throw failures[0];
    if (count !== seen.length) throw new Error(`of ${seen.length} frames ${count} can be decoded`);
  }
}

async function emptied(decoder: VideoDecoder): Promise<void> {
  while (decoder.state === "configured" && decoder.decodeQueueSize > packetsAtOnce) await setTimeout(1);
}

async function pictureOf(frame: VideoFrame, name: string, codec: string): Promise<Picture> {
  const { format, codedWidth: width, codedHeight: height, colorSpace } = frame;
  // This package calls every form that it does not know I420, such as the halved columns of full range.
  const mistaken = format === "I420" && colorSpace.fullRange === true && /^(?:avc1\.(?:7A|F4)|hev1\.4)/.test(codec);
  const [, layout, bits = "8"] = mistaken ? [] : (/^I(420|422|444)A?(?:P(10|12))?$/.exec(format ?? "") ?? []);
  const matrix = matrixOf(colorSpace.matrix);
  if (layout === undefined || matrix === undefined)
    throw new DataError(
      `${name} stores its colours in another form than is read (${[codec, format, colorSpace.matrix].filter(Boolean).join(", ")}); convert it: ffmpeg -i VIDEO -pix_fmt yuv420p OUT.mp4`,
    );
  const bytes = new Uint8Array(frame.allocationSize());
  const planes = (await frame.copyTo(bytes)).map(
    ({ offset, stride }): YuvPlane =>
      bits === "8" ? { samples: bytes.subarray(offset), stride } : { samples: new Uint16Array(bytes.buffer, offset), stride: stride / 2 },
  );
  return fromYuv({
    width,
    height,
    planes: [planes[0]!, planes[1]!, planes[2]!],
    columns: layout === "444" ? 1 : 2,
    rows: layout === "420" ? 2 : 1,
    bits: Number(bits),
    matrix,
    fullRange: colorSpace.fullRange ?? false,
  });
}

/** As FFmpeg, with which training data is made: BT.601 where nothing is said. */
function matrixOf(said: string | null): YuvMatrix | undefined {
  if (said === "bt709") return "BT.709";
  if (said === "bt2020-ncl") return "BT.2020";
  return said === null || said === "bt470bg" || said === "smpte170m" ? "BT.601" : undefined;
}
