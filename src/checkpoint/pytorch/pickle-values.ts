/** What a pickle of weights may be made of. Nothing here has behaviour: a pickle is data, never a program. */
import type { StorageType } from "./storage-types.ts";

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | PickledStorage
  | PickledTensor;

export type PickleKey = null | boolean | number | bigint | string;

export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** A dict or an OrderedDict, in the order of insertion. */
export class PickleDict {
  readonly entries = new Map<PickleKey, PickleValue>();
}

/** A Python object that is known by its name and is on the list of the allowed. */
export class PickleGlobal {
  /** With its module: `torch.FloatStorage`. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Where elements lie: an entry of the archive. */
export class PickledStorage {
  readonly type: StorageType;
  /** The name of the entry under `data/`. */
  readonly key: string;
  /** How many elements it says that it has. */
  readonly elements: number;

  constructor(type: StorageType, key: string, elements: number) {
    this.type = type;
    this.key = key;
    this.elements = elements;
  }
}

/** A view of a storage; offset and strides count elements. Not yet checked against the storage. */
export class PickledTensor {
  readonly storage: PickledStorage;
  /** Of the elements. */
  readonly type: StorageType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  /** Whether its elements are marked as negated or conjugated, so that they are not what it stands for. */
  readonly lazy: boolean;

  constructor(storage: PickledStorage, type: StorageType, offset: number, shape: readonly number[], strides: readonly number[], lazy: boolean) {
    this.storage = storage;
    this.type = type;
    this.lazy = lazy;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}
