import { platform } from "#checkpoint-platform";
import type { ByteSource, OpenedSource } from "../data/byte-source.ts";
import { CheckpointError } from "./errors.ts";
import type { PytorchOptions } from "./pytorch/open-pytorch.ts";
import { openSafetensors } from "./safetensors.ts";
import { openShards, parseShardIndex } from "./sharded.ts";
import type { WeightFile } from "./weight-file.ts";

/** Enough to tell formats apart. */
const startBytes = 64;
/** An index names some thousand tensors; one of a hundred times that size is none. */
const largestIndex = 100_000_000;

/** Weights with the files that they are read from. */
export interface OpenedWeights {
  readonly file: WeightFile;
  /** Paths of the files, the index first where there is one. */
  readonly files: readonly string[];
  /** Of all files together. */
  readonly bytes: number;
  /** Ends all reading. */
  close(): Promise<void>;
}

interface OpenOptions extends PytorchOptions {
  /** Opens the other parts of a model in several GGUF files, by path. Absent: such models are refused. */
  readonly openPart?: (path: string) => Promise<ByteSource>;
}

/**
 * A file of weights, whatever its format: safetensors, PyTorch or GGUF, known by its first bytes.
 * @param options - for PyTorch's files: which part of them is taken
 * @throws CheckpointError when it is of none of them, damaged, or a part of several
 */
export async function openWeights(source: ByteSource, { openPart, ...options }: OpenOptions = {}): Promise<WeightFile> {
  const start = await source.read(0, Math.min(startBytes, source.size));
  const text = String.fromCharCode(...start);
  // Readers of other formats are loaded when they are needed: most pages need none.
  if (text.startsWith("GGUF")) {
    const [{ openGguf }, { withAllParts }] = await Promise.all([import("./gguf/open-gguf.ts"), import("./gguf/split.ts")]);
    return withAllParts(await openGguf(source), source.name, openPart === undefined ? undefined : async (path) => openGguf(await openPart(path)));
  }
  if (text.charAt(8) === "{") return openSafetensors(source);
  // Older files of PyTorch begin with a pickle: its reader says what to do with them.
  if (text.startsWith("PK\x03\x04") || text.startsWith("\x80")) return (await import("./pytorch/open-pytorch.ts")).openPytorch(source, options);
  throw new CheckpointError(`${source.name} ${whatElse(text)}; readable are safetensors, GGUF and PyTorch (.pt, .bin) files`);
}

/**
 * A file of weights, whatever its format, by path or address; also several files together, by their index (`….index.json`) or by the first part of a GGUF model that was split.
 * @throws CheckpointError when a file is missing, of no known format, or damaged
 */
export async function openWeightsAt(path: string, options: PytorchOptions = {}): Promise<OpenedWeights> {
  const opened: OpenedSource[] = [];
  const open = async (each: string): Promise<OpenedSource> => {
    const source = await platform.openFile(each);
    opened.push(source);
    return source;
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((source) => source.close()));
  };
  try {
    const source = await open(path);
    const file = path.endsWith(".json")
      ? await openIndex(source, path, async (shard) => openWeights(await open(shard), options))
      : await openWeights(source, { ...options, openPart: open });
    return { file, files: opened.map(({ name }) => name), bytes: opened.reduce((sum, { size }) => sum + size, 0), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openIndex(source: ByteSource, path: string, open: (shard: string) => Promise<WeightFile>): Promise<WeightFile> {
  if (source.size > largestIndex) throw new CheckpointError(`${path} is ${source.size} bytes long, too much for an index of weight files`);
  const json = await source.read(0, source.size);
  const folder = path.slice(0, path.search(/[^/\\]*$/));
  return openShards(parseShardIndex(json, path), path, (shard) => open(folder + shard));
}

/** What people take for weights, by its beginning. */
function whatElse(start: string): string {
  if (start === "") return "is empty";
  if (start.startsWith("version https://git-lfs")) return "is the pointer of a Git LFS file, not the file: fetch it with `git lfs pull`";
  if (/^\s*<(!doctype|html)/i.test(start)) return "is a web page, perhaps the error that a download met";
  if (/^\s*[{[]/.test(start)) return "is JSON, not weights; an index of weight files has a name that ends in .json";
  return "is of an unknown format";
}
