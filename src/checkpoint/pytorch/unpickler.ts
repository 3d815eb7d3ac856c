/**
 * The part of Python's pickle that torch.save writes: protocol 2, and what 3 to 5 write instead for the same values.
 * A pickle is a program for a stack machine. This one can build lists, dicts, numbers, text and references to storages, and nothing else.
 *
 * Source: Python's Lib/pickletools.py describes every operation; torch/_weights_only_unpickler.py is PyTorch's own restricted machine.
 */
import type { Fail } from "../places.ts";
import { call, findGlobal, isKey, storage } from "./allowed-globals.ts";
import type { PickleInput } from "./pickle-input.ts";
import { literals } from "./pickle-literals.ts";
import { PickleDict, PickleTuple, type PickleValue } from "./pickle-values.ts";

/** torch.save puts at most a thousand values on the stack at a time. */
const mostOnStack = 500_000;
/** An operation of one byte makes an object of a hundred; each tensor takes about eight. */
const mostObjects = 500_000;
const newestProtocol = 5;

/** @throws (through the input's `fail`) when it is no pickle of weights */
export function unpickle(input: PickleInput): PickleValue {
  const machine = new Machine(input);
  while (machine.result === undefined) {
    const at = input.offset;
    const code = input.uint8();
    const literal = literals.get(code);
    if (literal !== undefined) {
      machine.push(literal(input));
      continue;
    }
    const operation = operations.get(code);
    if (operation === undefined)
      input.fail(
        `it has the operation 0x${code.toString(16).padStart(2, "0")} at byte ${at}, which torch.save does not write for weights; it is damaged or no checkpoint`,
      );
    else operation(machine, input);
  }
  return machine.result;
}

const operations: ReadonlyMap<number, (machine: Machine, input: PickleInput) => void> = new Map<number, (machine: Machine, input: PickleInput) => void>([
  [0x80, (_, input) => checkProtocol(input)], // PROTO
  [0x95, (_, input) => void input.uint64()], // FRAME: how far to read ahead, which a whole pickle in memory makes needless
  [0x28, (machine) => machine.mark()], // MARK
  [0x85, (machine) => machine.push(new PickleTuple(machine.popMany(1)))], // TUPLE1
  [0x86, (machine) => machine.push(new PickleTuple(machine.popMany(2)))], // TUPLE2
  [0x87, (machine) => machine.push(new PickleTuple(machine.popMany(3)))], // TUPLE3
  [0x74, (machine) => machine.push(new PickleTuple(machine.popToMark()))], // TUPLE
  [0x61, (machine) => machine.append(machine.popMany(1))], // APPEND
  [0x65, (machine) => machine.append(machine.popToMark())], // APPENDS
  [0x73, (machine) => machine.set(machine.popMany(2))], // SETITEM
  [0x75, (machine) => machine.set(machine.popToMark())], // SETITEMS
  [0x71, (machine, input) => machine.memorise(input.uint8())], // BINPUT
  [0x72, (machine, input) => machine.memorise(input.uint32())], // LONG_BINPUT
  [0x94, (machine) => machine.memorise(machine.memo.size)], // MEMOIZE
  [0x68, (machine, input) => machine.recall(input.uint8())], // BINGET
  [0x6a, (machine, input) => machine.recall(input.uint32())], // LONG_BINGET
  [0x63, (machine, input) => machine.push(findGlobal(input.line(), input.line(), input.fail))], // GLOBAL
  [0x93, (machine, input) => machine.push(globalOf(machine.popMany(2), input))], // STACK_GLOBAL
  [0x69, (_, input) => refuseInstance(input)], // INST
  [0x52, (machine, input) => machine.push(call(...pair(machine.popMany(2)), input.fail))], // REDUCE
  [0x62, (machine) => machine.build()], // BUILD
  [0x51, (machine, input) => machine.push(storage(machine.popMany(1)[0]!, input.fail))], // BINPERSID
  [0x2e, (machine) => machine.stop()], // STOP
]);

class Machine {
  result: PickleValue | undefined;
  /** A map, as a hostile pickle may number its values by billions. */
  readonly memo = new Map<number, PickleValue>();
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #fail: Fail;
  #objects = 0;

  constructor(input: PickleInput) {
    this.#fail = input.fail;
  }

  push(value: PickleValue): void {
    if (this.#stack.length === mostOnStack) this.#fail(`it puts more than ${mostOnStack} values on its stack; no checkpoint needs so many`);
    if (typeof value === "object" && value !== null && ++this.#objects > mostObjects)
      this.#fail(`it holds more than ${mostObjects} objects; no checkpoint needs so many`);
    this.#stack.push(value);
  }

  mark(): void {
    if (this.#marks.length === mostOnStack) this.#fail(`it puts more than ${mostOnStack} marks on its stack; no checkpoint needs so many`);
    this.#marks.push(this.#stack.length);
  }

  popMany(count: number): PickleValue[] {
    if (this.#stack.length - count < (this.#marks.at(-1) ?? 0)) this.#fail("it takes more values from its stack than there are; it is damaged");
    return this.#stack.splice(this.#stack.length - count);
  }

  popToMark(): PickleValue[] {
    const start = this.#marks.pop();
    return start === undefined ? this.#fail("it takes values up to a mark that is not there; it is damaged") : this.#stack.splice(start);
  }

  append(values: readonly PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) this.#fail("it appends to something that is no list; it is damaged");
    for (const value of values) list.push(value);
  }

  set(keysAndValues: readonly PickleValue[]): void {
    const dict = this.#top();
    if (!(dict instanceof PickleDict)) this.#fail("it sets an item of something that is no dict; it is damaged");
    if (keysAndValues.length % 2 !== 0) this.#fail("it sets a key without a value; it is damaged");
    for (let i = 0; i < keysAndValues.length; i += 2) {
      const key = keysAndValues[i]!;
      if (!isKey(key)) this.#fail("it has a dict whose keys are neither text nor numbers; save only the state_dict");
      dict.entries.set(key, keysAndValues[i + 1]!);
    }
  }

  memorise(index: number): void {
    if (this.memo.size === mostObjects) this.#fail(`it remembers more than ${mostObjects} values; no checkpoint needs so many`);
    this.memo.set(index, this.#top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) this.#fail(`it recalls the value ${index}, which it has not seen; it is damaged`);
    if (this.#stack.length === mostOnStack) this.#fail(`it puts more than ${mostOnStack} values on its stack; no checkpoint needs so many`);
    this.#stack.push(value);
  }

  /** Attributes of an OrderedDict: a module's state_dict has the versions of its layers there, which say nothing about weights. */
  build(): void {
    const [attributes] = this.popMany(1);
    if (!(this.#top() instanceof PickleDict) || !(attributes instanceof PickleDict))
      this.#fail("it sets the state of something that is no OrderedDict; it is damaged");
  }

  stop(): void {
    const [result] = this.popMany(1);
    if (this.#stack.length > 0) this.#fail("it ends with values left over; it is damaged");
    this.result = result;
  }

  #top(): PickleValue {
    const top = this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.at(-1) : undefined;
    return top === undefined ? this.#fail("it uses a value of its stack when there is none; it is damaged") : top;
  }
}

function checkProtocol(input: PickleInput): void {
  const protocol = input.uint8();
  if (protocol > newestProtocol) input.fail(`it is of protocol ${protocol}; known are those up to ${newestProtocol}`);
}

function globalOf([module, name]: readonly PickleValue[], input: PickleInput): PickleValue {
  return typeof module === "string" && typeof name === "string"
    ? findGlobal(module, name, input.fail)
    : input.fail("it names a Python object by something that is no text");
}

/** Protocol 0 makes objects so, and hostile files do, to be looked at less closely. Even an allowed name is not made in this way. */
function refuseInstance(input: PickleInput): never {
  findGlobal(input.line(), input.line(), input.fail);
  return input.fail("it makes an object by the operation INST, which torch.save does not write");
}

function pair([first, second]: readonly PickleValue[]): [PickleValue, PickleValue] {
  return [first!, second!];
}
