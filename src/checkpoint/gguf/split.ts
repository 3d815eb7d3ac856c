/** A model in several GGUF files, as gguf-split of llama.cpp writes them: `NAME-00001-of-00003.gguf` and so on. Only the first has the model's metadata. */
import { CheckpointError } from "../errors.ts";
import type { StoredWeight, WeightFile } from "../weight-file.ts";

const partName = /-(\d{5})-of-(\d{5})\.gguf$/;

/**
 * All parts as one file; a file that is whole is given back as it is.
 * @param name - the first part's, which those of the others follow from
 * @param open - opens another part by its name. Absent: there is no way to the others
 * @throws CheckpointError when it is another part than the first, or others are missing, of another model, or contradict it
 */
export async function withAllParts(first: WeightFile, name: string, open?: (name: string) => Promise<WeightFile>): Promise<WeightFile> {
  const fail = (
    file: string,
    problem: string,
    advice = "fetch all parts under the names that they had, or merge them with llama.cpp's gguf-split --merge",
  ): never => {
    throw new CheckpointError(`${file} ${problem}: ${advice}`);
  };
  const { no, count } = splitOf(first);
  const [, place, of] = partName.exec(name)?.map(Number) ?? [];
  if (count <= 1) return of === undefined || of <= 1 ? first : fail(name, `is called part ${place} of ${of} of a model, but does not say so itself`);
  if (no !== 0) fail(name, `is part ${no + 1} of ${count} of a model`, "open the first, which says what the model is");
  if (open === undefined || place !== 1 || of !== count)
    return fail(name, `is part 1 of ${count} of a model, and the others are not found: it is not a file called …${ending(0, count)}`);
  const weights = new Map<string, StoredWeight>(first.weights);
  for (let i = 1; i < count; i++) {
    const other = name.replace(partName, ending(i, count));
    const part = await open(other);
    const found = splitOf(part);
    if (found.no !== i || found.count !== count) fail(other, `should be part ${i + 1} of ${count}, it says that it is part ${found.no + 1} of ${found.count}`);
    for (const [tensor, weight] of part.weights) {
      if (weights.has(tensor)) fail(other, `has the tensor ${tensor}, which a part before it has too`);
      weights.set(tensor, weight);
    }
  }
  const promised = first.metadata["split.tensors.count"];
  if (promised !== undefined && promised !== weights.size)
    fail(name, `and its ${count - 1} other parts have ${weights.size} tensors, it says ${String(promised)}`);
  return { ...first, weights };
}

/** @returns counted from 0; a file that is whole is the first of one */
function splitOf({ metadata }: WeightFile): { readonly no: number; readonly count: number } {
  return { no: Number(metadata["split.no"] ?? 0), count: Number(metadata["split.count"] ?? 1) };
}

function ending(no: number, count: number): string {
  const digits = (value: number): string => String(value).padStart(5, "0");
  return `-${digits(no + 1)}-of-${digits(count)}.gguf`;
}
