/** A tensor as PyTorch has it: elements of a storage, taken with an offset and strides. */
import type { Fail } from "../places.ts";
import { viewAs } from "../safetensors-types.ts";
import type { StoredTensor } from "../stored-tensor.ts";
import { unreadableAs } from "../unreadable.ts";
import type { StoredWeight } from "../weight-file.ts";
import type { PickledTensor } from "./pickle-values.ts";
import { quoted } from "./quoted.ts";
import { type ElementReader, readableElements } from "./storage-types.ts";
import type { ArchiveEntry } from "./zip-archive.ts";

/** A small storage may be expanded (stride 0) to this many bytes, whatever the size of its file: a causal mask can be. */
const mostExpanded = 2 ** 26;
/** A few elements may lie scattered over this many bytes, all of which are read. */
const mostScattered = 2 ** 28;

/**
 * @param entry - the storage's content
 * @param fileSize - in bytes; an expanded tensor may take as many
 * @param fail - told what is wrong with this tensor
 * @returns the tensor, checked against the size of its storage; nothing of it is read yet
 */
export function weightOf(tensor: PickledTensor, entry: ArchiveEntry, fileSize: number, fail: Fail): StoredWeight {
  const { offset, shape, strides, storage, type, lazy } = tensor;
  const { storedAs, bytes: size, read } = type;
  const count = shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, 1);
  const span = count === 0 ? 0 : shape.reduce((last, length, axis) => last + (length - 1) * strides[axis]!, 1);
  if (storage.elements * storage.type.bytes > entry.size)
    fail(
      `its storage ${quoted(storage.key)} says that it has ${storage.elements} elements of ${storage.type.bytes} bytes, yet is ${entry.size} bytes long; the file is damaged`,
    );
  const elements = Math.floor((storage.elements * storage.type.bytes) / size);
  if (count > 0 && offset + span > elements)
    fail(
      `${storedAs} [${shape.join(", ")}] with strides [${strides.join(", ")}] from ${offset} reaches element ${offset + span} of ${elements}; the file is damaged`,
    );
  if (count > span && count * size > Math.max(fileSize, mostExpanded))
    fail(`[${shape.join(", ")}] would take ${count * size} bytes, made of ${span * size}; save the tensor before it was expanded`);
  if (span * size > mostScattered && span > 16 * count) fail(`its ${count} elements lie scattered over ${span * size} bytes; save it after contiguous()`);
  const header = { storedAs, shape, bytes: Math.min(count, span) * size };
  if (read === undefined || lazy) {
    const unreadable = lazy
      ? "is a lazy view (negated or conjugated), which cannot be read: save it after resolve_neg() and resolve_conj()"
      : unreadableAs(storedAs, readableElements);
    return { ...header, unreadable, load: async () => fail(unreadable) };
  }
  const load = async (): Promise<StoredTensor> => {
    const bytes = await entry.read(offset * size, (offset + span) * size);
    const found = viewAs(read.array, bytes);
    const ordered = isContiguous(shape, strides) ? found : gather(found, shape, strides, read, count);
    return { dtype: read.dtype, shape, data: (read.convert?.(ordered) ?? ordered) as StoredTensor["data"] };
  };
  return { ...header, load };
}

type Elements = InstanceType<ElementReader["array"]>;

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis]!;
    if (length === 0) return true;
    if (length > 1 && strides[axis] !== expected) return false;
    expected *= length;
  }
  return true;
}

/** Elements in the order of the shape. `place` runs over the axes like the digits of a counter. */
function gather(elements: Elements, shape: readonly number[], strides: readonly number[], { array }: ElementReader, count: number): Elements {
  const ordered = new array(count);
  const last = shape.length - 1;
  const [rowLength, rowStride] = [shape[last]!, strides[last]!];
  const place = new Array<number>(last).fill(0);
  let rowStart = 0;
  for (let row = 0; row < count; row += rowLength) {
    for (let i = 0; i < rowLength; i++) ordered[row + i] = elements[rowStart + i * rowStride]!;
    for (let axis = last - 1; axis >= 0; axis--) {
      rowStart += strides[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      rowStart -= place[axis]! * strides[axis]!;
      place[axis] = 0;
    }
  }
  return ordered;
}
