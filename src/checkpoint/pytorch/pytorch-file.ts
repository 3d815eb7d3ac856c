import { ZipWriter } from "@zip.js/zip.js/lib/zip-core-writer.js";
import type { FileWriter } from "../converted-folder.ts";
import { bytesOf } from "../safetensors-types.ts";
import type { TensorFile } from "../tensor-file.ts";
import { stateDictPickle } from "./state-dict-pickle.ts";

/** Of each storage in the file, so that PyTorch can map it. */
const alignment = 64;
const localHeaderLength = 30;
const extraFieldHeader = 4;
/** PyTorch's own number of the field that it aligns with. */
const paddingField = 0x4246;
/** The beginning of the format's time, so that the same tensors are the same file. */
const lastModDate = new Date(1980, 0, 1);

/** A file as `torch.save` writes a state_dict: a zip archive, uncompressed, of which `torch.load` takes as many gigabytes as there are. */
export async function pytorchFile(file: FileWriter, shapes: ReadonlyMap<string, readonly number[]>): Promise<TensorFile> {
  const tensors = new Map([...shapes].map(([name, shape], i) => [name, { key: `${i}`, shape }]));
  let written = 0;
  const sink = new WritableStream<Uint8Array>({
    async write(bytes) {
      await file.write(bytes, written);
      written += bytes.length;
    },
  });
  const archive = new ZipWriter(sink, { level: 0, useWebWorkers: false, extendedTimestamp: false, dataDescriptor: false, lastModDate });
  const add = async (entry: string, bytes: Uint8Array, aligned = false): Promise<void> => {
    const name = `archive/${entry}`;
    const start = written + localHeaderLength + name.length + extraFieldHeader;
    const padding = new Uint8Array((alignment - (start % alignment)) % alignment);
    await archive.add(name, new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(), {
      uncompressedSize: bytes.length,
      ...(aligned ? { extraField: new Map([[paddingField, padding]]) } : {}),
    });
  };
  await add("data.pkl", stateDictPickle(tensors));
  await add("version", new TextEncoder().encode("3\n"));
  return {
    write: (name, values) => add(`data/${tensors.get(name)!.key}`, bytesOf(values), true),
    finish: async () => {
      await archive.close();
      return file.finish();
    },
  };
}
