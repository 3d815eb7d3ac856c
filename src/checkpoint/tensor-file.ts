import type { FileWriter } from "./converted-folder.ts";
import { safetensorsLayout } from "./safetensors.ts";
import { bytesOf } from "./safetensors-types.ts";

/** A file of float32 tensors whose names and shapes are known, which is written tensor by tensor. */
export interface TensorFile {
  /** @param values - in row-major order */
  write(name: string, values: Float32Array): Promise<void>;
  /** To be called when all tensors are written. @returns the file's SHA-256, in hexadecimal */
  finish(): Promise<string>;
}

export async function safetensorsFile(file: FileWriter, shapes: ReadonlyMap<string, readonly number[]>): Promise<TensorFile> {
  const tensors = new Map([...shapes].map(([name, shape]) => [name, { dtype: "float32", shape } as const]));
  // Python's transformers asks for the note.
  const { header, offsets } = safetensorsLayout(tensors, { format: "pt" });
  await file.write(header, 0);
  return { write: (name, values) => file.write(bytesOf(values), offsets.get(name)!), finish: () => file.finish() };
}
