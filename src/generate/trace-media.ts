import type { Picture } from "../data/picture.ts";
import { layout, type PreprocessingConfig } from "../data/preprocessing.ts";
import type { VisionEncoder, VisionGrid } from "../model/vision/vision.ts";
import type { ExplainedFrame, ExplainedMedium, Origin } from "./explanation.ts";
import type { MediaEncoder } from "./media-encoder.ts";
import type { Medium } from "./medium.ts";
import type { ModelSessions } from "./model-sessions.ts";
import { rowOf } from "./observed-tokens.ts";

/** A medium whose latents were traced to its places. */
export interface TracedMedium {
  readonly explained: ExplainedMedium;
  /** What a mixture of its latents comes from. @param weights - of each latent */
  originOf(weights: ArrayLike<number>): Origin;
}

/** Traces what the latents of a medium are made of. @throws ConfigError when the resampler is an MLP @throws DataError when a picture cannot be read */
export async function traceMedium(
  index: number,
  { kind, frames }: Medium,
  { sessions, encoder, preprocessing }: { readonly sessions: ModelSessions; readonly encoder: MediaEncoder; readonly preprocessing: PreprocessingConfig },
): Promise<TracedMedium> {
  const session = await sessions.resamplerAttention();
  const { vision } = sessions.network;
  const pictures: Picture[] = [];
  for (const frame of frames) pictures.push(await encoder.picture(frame));
  const [features] = await encoder.features([{ kind, frames: pictures }]);
  const { rollout, ...layers } = await session.run({ features: { ...features!, shape: [1, ...features!.shape] } }); // [1, latents, frames*positions+latents] each
  const latents = rollout!.shape[1]!;
  const rowsOf = (tensor: typeof rollout): Float32Array[] => {
    const one = { ...tensor!, shape: tensor!.shape.slice(1) };
    return Array.from({ length: latents }, (_, latent) => rowOf(one, latent));
  };
  const origins = rowsOf(rollout);
  const written = (shares: ArrayLike<number>): Origin => originOf(shares, frames.length, vision);
  return {
    explained: {
      index,
      kind,
      rows: vision.grid.rows,
      columns: vision.grid.columns,
      frames: pictures.map((picture) => frameOf(picture, vision.grid, preprocessing)),
      layers: Object.keys(layers).map((_, i) => rowsOf(layers[`layer.${i}`]).map(written)),
      latents: origins.map(written),
    },
    originOf: (weights) => written(Float64Array.from(origins[0]!, (_, place) => origins.reduce((sum, row, latent) => sum + weights[latent]! * row[place]!, 0))),
  };
}

/** @param shares - [frames*positions+latents], each frame's positions being class tokens, grid and evidence */
function originOf(shares: ArrayLike<number>, frames: number, { grid: { rows, columns, classTokens }, classes }: VisionEncoder): Origin {
  const all = Array.from(shares);
  const places = rows * columns;
  const positions = classTokens + places + (classes > 0 ? 1 : 0);
  const framewise = Array.from({ length: frames }, (_, frame) => all.slice(frame * positions, (frame + 1) * positions));
  return {
    map: framewise.map((frame) => Array.from({ length: rows }, (_, row) => frame.slice(classTokens + row * columns, classTokens + (row + 1) * columns))),
    evidence: framewise.map((frame) => sum(frame.slice(classTokens + places))),
    classToken: framewise.map((frame) => sum(frame.slice(0, classTokens))),
    learnt: sum(all.slice(frames * positions)),
  };
}

function frameOf({ width, height }: Picture, { rows, columns, cell }: VisionGrid, preprocessing: PreprocessingConfig): ExplainedFrame {
  const whole = layout({ width, height }, preprocessing);
  return {
    width,
    height,
    area: {
      left: (0 - whole.left) / whole.width,
      top: (0 - whole.top) / whole.height,
      width: (columns * cell) / whole.width,
      height: (rows * cell) / whole.height,
    },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
