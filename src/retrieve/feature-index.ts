import { input, matmul, parameter, toOnnx } from "../graph/graph.ts";
import { zeros } from "../nn/initialisers.ts";
import { createRuntime, type FileTensor, type Runtime, type Session, type WeightTensor } from "../runtime/runtime.ts";

/** Feature vectors of length 1: `count` rows of `width` float32 numbers, in memory or in a file that is mapped. */
export interface FeatureRows {
  readonly count: number;
  readonly width: number;
  readonly rows: Float32Array | FileTensor["file"];
}

export interface FoundFeature {
  readonly place: number;
  /** The cosine of the angle between the two. */
  readonly similarity: number;
}

/** Rows of a product: 131072 of 512 numbers are 268 MB of a file, which the system may let go of at any time, and their similarities to 16 queries 8 MB. */
const blockRows = 131_072;
/** Queries of a product: the features are read once for all of them. */
const queriesTogether = 16;

/** Exact search for the nearest of many features, by products of the tensor engine. Features in a file are not read into memory: the engine maps them, and as the left side of a product they are not packed either. */
export class FeatureIndex {
  private readonly runtime: Runtime;
  private readonly blocks: readonly { readonly start: number; readonly rows: number; readonly session: Session }[];
  private readonly width: number;

  private constructor(runtime: Runtime, width: number, blocks: FeatureIndex["blocks"]) {
    this.runtime = runtime;
    this.width = width;
    this.blocks = blocks;
  }

  /** @throws RuntimeError when the engine does not work here, or the file is too short */
  static async open({ count, width, rows }: FeatureRows): Promise<FeatureIndex> {
    const runtime = await createRuntime({ worker: false });
    const blocks: { start: number; rows: number; session: Session }[] = [];
    for (let start = 0; start < count; start += blockRows) {
      const here = Math.min(blockRows, count - start);
      const shape = [here, width];
      const features: WeightTensor =
        rows instanceof Float32Array
          ? { dtype: "float32", shape, data: rows.subarray(start * width, (start + here) * width) }
          : { dtype: "float32", shape, file: { ...rows, offset: rows.offset + 4 * start * width } };
      const product = matmul(parameter("features", shape, zeros), input("queries", "float32", ["queries", width]), { transposeB: true });
      const session = await runtime.compile(toOnnx({ outputs: { similarities: product } }), new Map([["features", features]]), {
        name: "the search for features",
      });
      blocks.push({ start, rows: here, session });
    }
    return new FeatureIndex(runtime, width, blocks);
  }

  /**
   * @param queries - [queries, width], each of length 1
   * @returns for each query so many, the nearest first; of equally near ones the first
   */
  async nearest(queries: Float32Array, count: number): Promise<FoundFeature[][]> {
    const total = queries.length / this.width;
    const found = Array.from({ length: total }, () => new Nearest(count));
    for (let from = 0; from < total; from += queriesTogether) {
      const together = Math.min(queriesTogether, total - from);
      const data = queries.slice(from * this.width, (from + together) * this.width);
      for (const { start, rows, session } of this.blocks) {
        const { similarities } = await session.run({ queries: { dtype: "float32", shape: [together, this.width], data } });
        const values = similarities!.data as Float32Array; // [rows, together]
        for (let query = 0; query < together; query++) {
          const nearest = found[from + query]!;
          for (let row = 0, at = query; row < rows; row++, at += together) if (values[at]! > nearest.least) nearest.add(start + row, values[at]!);
        }
      }
    }
    return found.map((each) => each.sorted);
  }

  dispose(): Promise<void> {
    return this.runtime.dispose();
  }
}

/** The best of what is added, as few as are wanted: most of what is looked at is never added. */
class Nearest {
  readonly sorted: FoundFeature[] = [];
  private readonly count: number;

  constructor(count: number) {
    this.count = count;
  }

  /** What a similarity has to surpass. */
  get least(): number {
    if (this.count === 0) return Number.POSITIVE_INFINITY;
    return this.sorted.length < this.count ? Number.NEGATIVE_INFINITY : this.sorted.at(-1)!.similarity;
  }

  add(place: number, similarity: number): void {
    let at = this.sorted.length;
    while (at > 0 && this.sorted[at - 1]!.similarity < similarity) at--;
    this.sorted.splice(at, 0, { place, similarity });
    if (this.sorted.length > this.count) this.sorted.pop();
  }
}
