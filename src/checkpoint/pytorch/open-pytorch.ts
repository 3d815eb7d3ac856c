/** Weights in files of torch.save: a zip archive with a pickle that describes the tensors, and each storage beside it. Nothing in it is ever executed. */

import type { ByteSource } from "../../data/byte-source.ts";
import { CheckpointError } from "../errors.ts";
import type { Fail } from "../places.ts";
import type { StoredWeight, WeightFile } from "../weight-file.ts";
import { reasonAgainst } from "./file-kind.ts";
import { PickleInput } from "./pickle-input.ts";
import { quoted } from "./quoted.ts";
import { type StateDict, stateDictOf } from "./state-dict.ts";
import { weightOf } from "./tensor-view.ts";
import { unpickle } from "./unpickler.ts";
import { type ArchiveEntry, openZip } from "./zip-archive.ts";

/** Descriptions of the largest checkpoints are a few megabytes. */
const longestPickle = 2 ** 25;

export interface PytorchOptions {
  /** Takes only a nested dict, say `model_state_dict` of a training run's checkpoint; deeper ones are joined by dots. */
  readonly within?: string;
}

/**
 * Reads the description of a `.pt` or `.bin` file; the bytes of a tensor are read when its `load` is called.
 *
 * A tensor in nested dicts or lists is named by all keys on the way, joined by dots (`model_state_dict.perceiver.latents`, `layers.0`). What is
 * no tensor is in the metadata, nested as in the file. float64 comes as float32 and int16 as int32; all other types as they are stored.
 *
 * @throws CheckpointError when the file is cut short, damaged, of another format (before PyTorch 1.6, TorchScript, a bare pickle), or asks for
 *   Python objects that weights do not need, which are named
 */
export async function openPytorch(source: ByteSource, options: PytorchOptions = {}): Promise<WeightFile> {
  const fail = (problem: string): never => {
    throw new CheckpointError(`${source.name}: ${problem}`);
  };
  const reason = await reasonAgainst(source);
  if (reason !== undefined) fail(reason);
  const entries = await openZip(source);
  const folder = findFolder(entries, fail);
  await checkByteOrder(entries.get(`${folder}byteorder`), fail);
  const { tensors, metadata } = await readDescription(entries.get(`${folder}data.pkl`)!, options.within, fail);
  const weights = new Map<string, StoredWeight>();
  for (const [name, tensor] of tensors) {
    const failOfTensor = (problem: string): never => fail(`tensor ${quoted(name)}: ${problem}`);
    const entry = entries.get(`${folder}data/${tensor.storage.key}`);
    weights.set(
      name,
      weightOf(tensor, entry ?? failOfTensor(`its storage ${quoted(tensor.storage.key)} is not in the file; it is damaged`), source.size, failOfTensor),
    );
  }
  return { format: "pytorch", weights, metadata };
}

/** All entries are in one folder, called after the file by torch.save. */
function findFolder(entries: ReadonlyMap<string, ArchiveEntry>, fail: Fail): string {
  const folders = [...entries.keys()].flatMap((name) => /^([^/]+\/)data\.pkl$/.exec(name)?.[1] ?? []);
  const [folder] = folders;
  if (folder === undefined || folders.length > 1)
    return fail(`it is a zip archive with ${folders.length} entries FOLDER/data.pkl, where files of torch.save have one; is it another kind of archive?`);
  if (entries.has(`${folder}constants.pkl`))
    return fail("it is a TorchScript program, not a file of weights; load it with torch.jit.load and save its state_dict() with torch.save");
  return folder;
}

async function checkByteOrder(entry: ArchiveEntry | undefined, fail: Fail): Promise<void> {
  if (entry === undefined) return; // before PyTorch 2.1 there is none: written by the usual machines
  const order = entry.size <= 16 ? new TextDecoder().decode(await entry.read(0, entry.size)) : "another";
  if (order !== "little") fail(`its numbers are in ${JSON.stringify(order)} byte order; save it again on a little-endian machine`);
}

async function readDescription(entry: ArchiveEntry, within: string | undefined, fail: Fail): Promise<StateDict> {
  if (entry.size > longestPickle) fail(`its data.pkl is ${entry.size} bytes long, of which at most ${longestPickle} are read; save only the state_dict`);
  const bytes = await entry.read(0, entry.size);
  const root = unpickle(new PickleInput(bytes, (problem) => fail(`its data.pkl cannot be read: ${problem}`)));
  return stateDictOf(root, within, 16 * bytes.length + 100_000, fail);
}
