import {
  add,
  type BlockMatrix,
  type BlockSize,
  type ChannelMatrix,
  cast,
  type DType,
  type Initialiser,
  multiply,
  parameter,
  type Tensor,
} from "../graph/graph.ts";

/** In blocks of values that share a scale, with an offset for each block or none. */
export interface BlockFormat {
  readonly bits: 4 | 8;
  readonly blockSize: BlockSize;
  readonly offsets: boolean;
  /** Whether scales and offsets are float32, as superblocks of GGUF files need them and older model folders have them. Default: scales are float16, and so are minimums, which stand for the offsets: offset = minimum + middle * scale. */
  readonly wideScales?: boolean;
}

/** By the names that model folders use. No two of them have codes of as many bytes. */
export const blockKinds = {
  int4: { bits: 4, blockSize: 32 },
  "int4-g128": { bits: 4, blockSize: 128 },
  int8: { bits: 8, blockSize: 32 },
} as const satisfies Record<string, Pick<BlockFormat, "bits" | "blockSize">>;
export type BlockKind = keyof typeof blockKinds;

/** Model folders have none of 16, superblocks of GGUF files do. */
const blockSizes: readonly BlockSize[] = [16, 32, 128];

const smallestBlock = 32;

/** How a matrix is stored where it is not float32: in blocks, or with one scale for each output channel. */
export type WeightFormat = BlockFormat | "channels";

/** The format of the matrix [outputs, inputs] at `path`; undefined: float32. Where it says blocks that the inputs do not fill, these are blocks of 32, or the matrix is float32. */
export type WeightFormats = (path: string, shape: readonly [number, number]) => WeightFormat | undefined;

/** A matrix in blocks, with the parameters that its numbers are computed from. */
export interface StoredBlockMatrix extends BlockMatrix {
  /** By the names that follow the matrix's own. */
  readonly stored: Readonly<Record<string, Tensor>>;
}

/** What a layer learns or is given, whatever it is stored as; `shape` is the same in every format. */
export type Weight = Tensor | StoredBlockMatrix | ChannelMatrix;

/**
 * Where a layer declares its weights. Scopes nest like the model does, and the names on the way down make a weight's path:
 * `new Scope().child("blocks").child(3).parameter("weight", …)` declares `blocks.3.weight`. All scopes of one root share one list.
 */
export class Scope {
  /** The names on the way here, joined by dots; empty for the root. */
  readonly path: string;
  private readonly formats: WeightFormats;
  private readonly declared: Map<string, Weight>;

  /** @param formats - how matrices are stored. Default: as float32, all of them */
  constructor(formats: WeightFormats = () => undefined, path = "", declared: Map<string, Weight> = new Map()) {
    this.formats = formats;
    this.path = path;
    this.declared = declared;
  }

  /** The scope one level below. */
  child(name: string | number): Scope {
    return new Scope(this.formats, this.join(`${name}`), this.declared);
  }

  /**
   * Declares a parameter of this scope. Nothing is allocated.
   * @throws when its path is taken, or a size is not a whole number of at least 1
   */
  parameter(name: string, shape: readonly number[], initialiser: Initialiser): Tensor {
    return this.record(name, shape, (path) => parameter(path, shape, initialiser));
  }

  /**
   * Declares a matrix that is only multiplied with, so that it may be stored in few bits: then `name.codes`, `name.scales` and perhaps `name.minimums` take the place of the one parameter.
   * @param shape - [outputs, inputs]
   * @throws as {@link parameter} does
   */
  matrix(name: string, shape: readonly [number, number], initialiser: Initialiser): Weight {
    return this.record(name, shape, (path): Weight => {
      const format = this.formats(path, shape);
      return format === "channels" ? channelMatrix(path, shape) : floatsOrBlocks(path, shape, initialiser, format);
    });
  }

  /**
   * As {@link matrix}, for one that is also read row by row, as an embedding is. Blocks lie in rows, and codes with one scale for each channel do not: blocks of 8 bits take their place.
   * @param shape - [rows, width]
   */
  table(name: string, shape: readonly [number, number], initialiser: Initialiser): Tensor | StoredBlockMatrix {
    return this.record(name, shape, (path) => {
      const format = this.formats(path, shape);
      return floatsOrBlocks(path, shape, initialiser, format === "channels" ? { ...blockKinds.int8, offsets: false } : format);
    });
  }

  /** Everything declared at or below this scope, by its full path, in the order of declaration. */
  weights(): ReadonlyMap<string, Weight> {
    return new Map([...this.declared].filter(([path]) => this.path === "" || path.startsWith(`${this.path}.`)));
  }

  /** What those weights are stored as, by path: what a file of them holds. */
  parameters(): ReadonlyMap<string, Tensor> {
    return new Map([...this.weights()].flatMap(([path, weight]) => storedParts(path, weight)));
  }

  private record<Declared extends Weight>(name: string, shape: readonly number[], make: (path: string) => Declared): Declared {
    const path = this.join(name);
    if (this.declared.has(path)) throw new Error(`the parameter ${path} is declared twice: give one of the two layers its own scope`);
    if (shape.some((size) => !Number.isInteger(size) || size < 1)) {
      throw new Error(`the parameter ${path} cannot have the shape [${shape.join(", ")}]: every size must be a whole number of at least 1`);
    }
    const weight = make(path);
    this.declared.set(path, weight);
    return weight;
  }

  private join(name: string): string {
    if (!/^\w+$/.test(name)) throw new Error(`"${name}" cannot name a part of a parameter path: use letters, digits and _`);
    return this.path === "" ? name : `${this.path}.${name}`;
  }
}

function floatsOrBlocks(path: string, shape: readonly [number, number], initialiser: Initialiser, format: BlockFormat | undefined): Tensor | StoredBlockMatrix {
  if (format === undefined || shape[1] % smallestBlock !== 0) return parameter(path, shape, initialiser);
  return blockMatrix(path, shape, shape[1] % format.blockSize === 0 ? format : { ...format, blockSize: smallestBlock });
}

function blockMatrix(path: string, shape: readonly [number, number], { bits, blockSize, offsets, wideScales = false }: BlockFormat): StoredBlockMatrix {
  const [rows, columns] = shape;
  const blocks = columns / blockSize;
  const perBlock = (name: string): Tensor => computed(`${path}.${name}`, [rows, blocks], wideScales ? "float32" : "float16");
  const codes = computed(`${path}.codes`, [rows, blocks, (blockSize * bits) / 8], "uint8");
  const scales = perBlock("scales");
  const matrix = { bits, blockSize, shape, codes };
  if (wideScales) {
    const stored = { codes, scales, ...(offsets ? { offsets: perBlock("offsets") } : {}) };
    return { ...matrix, scales, offsets: stored.offsets, stored };
  }
  // ONNX Runtime computes these once, when it compiles the graph.
  const wide = cast(scales, "float32");
  if (!offsets) return { ...matrix, scales: wide, stored: { codes, scales } };
  const minimums = perBlock("minimums");
  return { ...matrix, scales: wide, offsets: add(cast(minimums, "float32"), multiply(wide, middleOf(bits))), stored: { codes, scales, minimums } };
}

/** The code that stands for zero where there are no offsets. */
export function middleOf(bits: 4 | 8): number {
  return bits === 4 ? 8 : 128;
}

function channelMatrix(path: string, shape: readonly [number, number]): ChannelMatrix {
  const [rows, columns] = shape;
  return { shape, codes: computed(`${path}.codes`, [columns, rows], "int8"), scales: computed(`${path}.scales`, [rows]) };
}

/** What is computed from other weights, and zero as long as nothing is loaded. */
function computed(path: string, shape: readonly number[], dtype?: DType): Tensor {
  return parameter(path, shape, { kind: "constant", value: 0 }, dtype);
}

/** The parameters of a weight: the weight itself, or what it is stored as. */
export function storedParts(path: string, weight: Weight): readonly (readonly [path: string, parameter: Tensor])[] {
  if (!("codes" in weight)) return [[path, weight]];
  const stored = "stored" in weight ? weight.stored : { codes: weight.codes, scales: weight.scales };
  return Object.entries(stored).map(([name, tensor]) => [`${path}.${name}`, tensor]);
}

/** Bits and size of blocks, which the matrix's columns tell; undefined: they are no blocks of it. @param codes - their shape: [rows, blocks, bytes] */
export function blocksOf([, blocks = 0, bytes = 0]: readonly number[], columns: number): Pick<BlockFormat, "bits" | "blockSize"> | undefined {
  const blockSize = blockSizes.find((size) => size * blocks === columns);
  const bits = blockSize && ([4, 8] as const).find((count) => count * blockSize === 8 * bytes);
  return bits && { bits, blockSize };
}

/** The kind of blocks in a model folder, which the bytes of one tell. @param shape - of the codes: [rows, blocks, bytes] */
export function blockKindOf([, , bytes]: readonly number[]): BlockKind {
  const found = Object.entries(blockKinds).find(([, { bits, blockSize }]) => (bits * blockSize) / 8 === bytes);
  return (found?.[0] ?? "int4") as BlockKind;
}

/** The formats that stored weights have: those of matrices of which there are codes. */
export function formatsOf(stored: ReadonlyMap<string, { readonly dtype: string; readonly shape: readonly number[] }>): WeightFormats {
  return (path, shape) => {
    const codes = stored.get(`${path}.codes`);
    if (codes === undefined) return undefined;
    if (codes.shape.length === 2) return "channels";
    const wideScales = stored.get(`${path}.scales`)?.dtype === "float32";
    // Codes of another shape are told where weights are held against what is declared.
    return { ...(blocksOf(codes.shape, shape[1]) ?? blockKinds.int4), offsets: stored.has(`${path}.${wideScales ? "offsets" : "minimums"}`), wideScales };
  };
}

/** Whether a parameter is scales or minimums of blocks, which float16 holds in memory as in files. */
export function isPerBlock(path: string): boolean {
  return /\.(scales|minimums)$/.test(path);
}
