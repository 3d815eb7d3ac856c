/** The pickle in a file of PyTorch's: a dict of float32 tensors, each the whole of a storage of its own. Only what `torch.load(weights_only=True)` takes is in it. */
import { sizeOf } from "../../runtime/host-tensor.ts";

/** Operations of a pickle of protocol 2, by their names in Python's `pickle.py`. */
const operation = {
  protocol: 0x80,
  stop: 0x2e,
  mark: 0x28,
  emptyDict: 0x7d,
  setItems: 0x75,
  tuple: 0x74,
  emptyTuple: 0x29,
  unicode: 0x58,
  /** An integer of as many bytes as the next byte says. */
  long: 0x8a,
  global: 0x63,
  reduce: 0x52,
  persistentId: 0x51,
  false: 0x89,
} as const;

const encoder = new TextEncoder();

type Bytes = readonly number[];

function text(value: string): Bytes {
  const bytes = encoder.encode(value);
  return [operation.unicode, ...new Uint8Array(Uint32Array.of(bytes.length).buffer), ...bytes];
}

function integer(value: number): Bytes {
  return [operation.long, 8, ...new Uint8Array(BigInt64Array.of(BigInt(value)).buffer)];
}

function tuple(items: readonly Bytes[]): Bytes {
  return [operation.mark, ...items.flat(), operation.tuple];
}

function global(module: string, name: string): Bytes {
  return [operation.global, ...encoder.encode(`${module}\n${name}\n`)];
}

function tensor(key: string, shape: readonly number[]): Bytes {
  const elements = sizeOf(shape);
  const storage = [...tuple([text("storage"), global("torch", "FloatStorage"), text(key), text("cpu"), integer(elements)]), operation.persistentId];
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const hooks = [...global("collections", "OrderedDict"), operation.emptyTuple, operation.reduce];
  const parameters = [storage, integer(0), tuple(shape.map(integer)), tuple(strides.map(integer)), [operation.false], hooks];
  return [...global("torch._utils", "_rebuild_tensor_v2"), ...tuple(parameters), operation.reduce];
}

/** @param tensors - by name, each with the name of its storage in the archive */
export function stateDictPickle(tensors: ReadonlyMap<string, { readonly key: string; readonly shape: readonly number[] }>): Uint8Array {
  const items = [...tensors].flatMap(([name, { key, shape }]) => [...text(name), ...tensor(key, shape)]);
  return Uint8Array.from([operation.protocol, 2, operation.emptyDict, operation.mark, ...items, operation.setItems, operation.stop]);
}
