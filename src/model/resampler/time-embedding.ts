import { cast, divide, iota, matmul, max, maximum, minimum, multiply, negate, reshape, subtract, type Tensor } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";

/**
 * One learnt vector per frame of a video, added to all of the frame's features (paper, section 3.1). A still picture is a video
 * of one frame and gets the first vector.
 */
export class TimeEmbedding {
  private readonly embedding: Tensor;

  constructor(scope: Scope, config: { frames: number; width: number }) {
    this.embedding = scope.parameter("weight", [config.frames, 1, config.width], { kind: "normal", standardDeviation: 0.02 });
  }

  /**
   * The embeddings of `frames` frames. Up to as many as were learnt, the first ones; for more, the learnt ones are stretched by linear
   * interpolation, first on first and last on last (the paper trains with 8 frames and evaluates with 30).
   * @returns [frames, 1, width]
   */
  forward(frames: number | string): Tensor {
    const [learnt, , width] = this.embedding.shape as readonly [number, number, number];
    const frame = cast(iota(frames), "float32"); // [frames]
    const last = maximum(max(frame, [0], { keepDims: true }), 1); // [1]
    const position = multiply(frame, minimum(divide(learnt - 1, last), 1)); // [frames]
    const distance = subtract(reshape(position, [frames, 1]), reshape(cast(iota(learnt), "float32"), [1, learnt])); // [frames, learnt]
    // Linear interpolation is a weighted sum with the hat function 1 - |distance|, so whole positions select exactly.
    const weights = maximum(subtract(1, maximum(distance, negate(distance))), 0);
    return reshape(matmul(weights, reshape(this.embedding, [learnt, width])), [frames, 1, width]);
  }
}
