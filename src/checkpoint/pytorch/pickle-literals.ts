import type { PickleInput } from "./pickle-input.ts";
import { PickleDict, PickleTuple, type PickleValue } from "./pickle-values.ts";

/** The protocols allow integers of gigabytes, which take forever to make; a seed or a date needs a few bytes. */
const longestInteger = 255;

/** The operations that only put a value on the stack, by code. */
export const literals: ReadonlyMap<number, (input: PickleInput) => PickleValue> = new Map<number, (input: PickleInput) => PickleValue>([
  [0x4e, () => null], // NONE
  [0x88, () => true], // NEWTRUE
  [0x89, () => false], // NEWFALSE
  [0x4a, (input) => input.int32()], // BININT
  [0x4b, (input) => input.uint8()], // BININT1
  [0x4d, (input) => input.uint16()], // BININT2
  [0x8a, (input) => integer(input, input.uint8())], // LONG1
  [0x8b, (input) => integer(input, input.uint32())], // LONG4
  [0x47, (input) => input.float64()], // BINFLOAT
  [0x58, (input) => input.text(input.uint32())], // BINUNICODE
  [0x8c, (input) => input.text(input.uint8())], // SHORT_BINUNICODE
  [0x8d, (input) => input.text(input.uint64())], // BINUNICODE8
  [0x43, (input) => input.bytes(input.uint8())], // SHORT_BINBYTES
  [0x42, (input) => input.bytes(input.uint32())], // BINBYTES
  [0x8e, (input) => input.bytes(input.uint64())], // BINBYTES8
  [0x7d, () => new PickleDict()], // EMPTY_DICT
  [0x5d, () => []], // EMPTY_LIST
  [0x29, () => new PickleTuple([])], // EMPTY_TUPLE
]);

function integer(input: PickleInput, length: number): number | bigint {
  if (length > longestInteger) input.fail(`it has an integer of ${length} bytes, no checkpoint needs more than ${longestInteger}`);
  return input.integer(length);
}
