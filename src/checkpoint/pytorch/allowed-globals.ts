/** The Python names that a pickle of weights needs, each with what it means here. Whatever else a pickle names is refused, by that name. */
import type { Fail } from "../places.ts";
import { PickleDict, PickledStorage, PickledTensor, PickleGlobal, type PickleKey, PickleTuple, type PickleValue } from "./pickle-values.ts";
import { quoted } from "./quoted.ts";
import { type StorageType, storageTypes, untypedElements } from "./storage-types.ts";

type Constructor = (parameters: readonly PickleValue[], fail: Fail) => PickleValue;

const constructors: ReadonlyMap<string, Constructor> = new Map<string, Constructor>([
  ["collections.OrderedDict", orderedDict],
  ["torch._utils._rebuild_tensor_v2", tensor],
  ["torch._utils._rebuild_tensor_v3", untypedTensor],
  ["torch._utils._rebuild_parameter", parameter],
  ["torch.Size", size],
  ["torch.device", device],
]);

/** Element types, which configs of training runs name; as text they harm nobody. */
const elementTypes = new Set([
  ...["float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool", "complex64", "complex128"].map(
    (name) => `torch.${name}`,
  ),
  ...untypedElements.keys(),
]);

/** @throws (through `fail`) naming the global when it is not allowed */
export function findGlobal(module: string, name: string, fail: Fail): PickleValue {
  const found = `${module}.${name}`;
  if (elementTypes.has(found)) return found;
  if (constructors.has(found) || storageTypes.has(found)) return new PickleGlobal(found);
  return fail(
    `it asks for the Python object ${quoted(found)}, which is none of the few that weights of known types need, and could run anything; nothing of it was run. ` +
      "If you trust the file, load it in PyTorch and save its state_dict alone",
  );
}

/** What a call gives that a pickle asks for. */
export function call(callee: PickleValue, parameters: PickleValue, fail: Fail): PickleValue {
  if (!(callee instanceof PickleGlobal) || !(parameters instanceof PickleTuple)) return fail("it calls something that is no function");
  const construct = constructors.get(callee.name);
  return construct === undefined ? fail(`it calls ${callee.name}, which only names a type`) : construct(parameters.items, fail);
}

/** A reference to a storage: `("storage", type, key, location, elements)`. Where it was (`cuda:0`) does not matter. */
export function storage(id: PickleValue, fail: Fail): PickledStorage {
  const [kind, type, key, , elements] = id instanceof PickleTuple ? id.items : [];
  if (kind !== "storage" || !(type instanceof PickleGlobal) || typeof key !== "string" || !isCount(elements))
    return fail("it refers to something that is no storage");
  const found = storageTypes.get(type.name);
  return found === undefined ? fail(`it has a storage of ${type.name}, which is no type of storage`) : new PickledStorage(found, key, elements);
}

export function isKey(value: PickleValue): value is PickleKey {
  return value === null || typeof value !== "object";
}

function orderedDict(parameters: readonly PickleValue[], fail: Fail): PickleDict {
  const dict = new PickleDict();
  const [pairs = [], ...others] = parameters;
  if (!Array.isArray(pairs) || others.length > 0) return fail("it makes an OrderedDict of something that is no list");
  for (const pair of pairs) {
    const [key, value, ...more] = pair instanceof PickleTuple ? pair.items : Array.isArray(pair) ? pair : [];
    if (key === undefined || value === undefined || more.length > 0 || !isKey(key)) return fail("it makes an OrderedDict of something that is no pair");
    dict.entries.set(key, value);
  }
  return dict;
}

/** `(storage, offset, shape, strides, requires_grad, backward_hooks, metadata?)`. */
function tensor(parameters: readonly PickleValue[], fail: Fail): PickledTensor {
  const [source, , , , , , metadata] = parameters;
  if (!(source instanceof PickledStorage)) return fail("it has a tensor without a storage");
  return view(source, source.type, parameters, metadata, fail);
}

/** `(storage, offset, shape, strides, requires_grad, backward_hooks, dtype, metadata?)`. */
function untypedTensor(parameters: readonly PickleValue[], fail: Fail): PickledTensor {
  const [source, , , , , , name, metadata] = parameters;
  if (!(source instanceof PickledStorage)) return fail("it has a tensor without a storage");
  const type = typeof name === "string" ? untypedElements.get(name) : undefined;
  return type === undefined
    ? fail(`it has a tensor of the storage ${quoted(source.key)} with no type that is known`)
    : view(source, type, parameters, metadata, fail);
}

function view(source: PickledStorage, type: StorageType, parameters: readonly PickleValue[], metadata: PickleValue = null, fail: Fail): PickledTensor {
  const [, offset, shape, strides] = parameters;
  const sizes = counts(shape);
  const steps = counts(strides);
  if (!isCount(offset) || sizes === undefined || steps === undefined || sizes.length !== steps.length || sizes.length > 64)
    return fail(`it has a tensor of the storage ${quoted(source.key)} whose offset, shape and strides are not lists of sizes that fit together`);
  const lazy = metadata !== null && !(metadata instanceof PickleDict && metadata.entries.size === 0);
  return new PickledTensor(source, type, offset, sizes, steps, lazy);
}

/** `(tensor, requires_grad, backward_hooks)`. */
function parameter([value]: readonly PickleValue[], fail: Fail): PickledTensor {
  return value instanceof PickledTensor ? value : fail("it has a parameter that is no tensor");
}

function size([sizes = new PickleTuple([])]: readonly PickleValue[], fail: Fail): PickleTuple {
  return sizes instanceof PickleTuple ? sizes : fail("it has a torch.Size that is no tuple");
}

function device([type, index]: readonly PickleValue[], fail: Fail): string {
  if (typeof type !== "string") return fail("it has a torch.device without a name");
  return index === undefined || index === null ? type : `${type}:${String(index)}`;
}

function counts(value: PickleValue | undefined): readonly number[] | undefined {
  const items = value instanceof PickleTuple ? value.items : value;
  return Array.isArray(items) && items.every(isCount) ? items : undefined;
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
