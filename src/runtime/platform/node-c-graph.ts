import { setImmediate } from "node:timers/promises";
import { dataTypes } from "../../graph/data-types.ts";
import { arrayOf, type HostTensor, sizeOf, type TensorType } from "../host-tensor.ts";
import { configEntries, fatalOnly } from "../session-options.ts";
import { type CInterface, openCInterface, type Pointer, still } from "./node-c-interface.ts";
import type { Compilation, CompiledGraph, OnnxRuntime } from "./platform.ts";

/** The CPU through ONNX Runtime's C interface. @throws Error where that cannot be had */
export async function openCRuntime(threads: number): Promise<OnnxRuntime> {
  const ort = await openCInterface();
  // ONNX Runtime has one environment for the process and counts its users. It lives as long as the process, since sessions of other threads may outlive this one.
  const environment = ort.made("CreateEnv", fatalOnly, "flamingo-vlm");
  const memory = ort.made("CreateCpuMemoryInfo", 1, 0);
  return { threads, inPlace: true, compile: (compilation) => Promise.resolve(new CGraph(ort, environment, memory, compilation)) };
}

/** Names, values, and how many they are. */
type Pointers = readonly [BigUint64Array, BigUint64Array, number];

/** Arrays that ONNX Runtime is at work with, of which it knows the addresses alone: they must not be collected. */
const held = new Set<unknown>();

/** A graph that reads and writes arrays of JavaScript where they lie. */
class CGraph implements CompiledGraph {
  private readonly ort: CInterface;
  private readonly memory: Pointer;
  private readonly session: Pointer;
  /** By the names of inputs and outputs. */
  private readonly values = new Map<string, { readonly tensor: WeakRef<HostTensor>; readonly value: Pointer }>();
  private readonly names = new Map<string, { readonly bytes: Uint8Array; readonly address: Pointer }>();

  constructor(ort: CInterface, environment: Pointer, memory: Pointer, compilation: Compilation) {
    const { model, settings, weights, folder, profilePrefix } = compilation;
    this.ort = ort;
    this.memory = memory;
    held.add(compilation);
    const options = ort.made("CreateSessionOptions");
    try {
      ort.call("SetIntraOpNumThreads", options, settings.threads);
      ort.call("SetSessionLogSeverityLevel", options, fatalOnly);
      ort.call("DisableMemPattern", options);
      for (const [name, value] of Object.entries(configEntries(settings, folder))) ort.call("AddSessionConfigEntry", options, name, value);
      if (profilePrefix !== undefined) ort.call("EnableProfiling", options, profilePrefix);
      const paths = this.pointers(weights, ([path]) => this.nameAt(path));
      const values = this.pointers(weights, ([, { data }]) => ort.addressOf(data));
      const lengths = this.pointers(weights, ([, { data }]) => BigInt(data.byteLength));
      ort.call("AddExternalInitializersFromFilesInMemory", options, paths, values, lengths, weights.length);
      this.session = ort.made("CreateSessionFromArray", environment, still(model), model.length, options);
    } finally {
      held.delete(compilation);
      ort.release("ReleaseSessionOptions", options);
    }
  }

  async run(
    inputs: Readonly<Record<string, HostTensor>>,
    outputs: Readonly<Record<string, TensorType>>,
    memory: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>> {
    // What the thread was told meanwhile, such as that a run is cancelled, comes first.
    await setImmediate();
    const made = Object.fromEntries(Object.entries(outputs).map(([name, type]) => [name, memory[name] ?? empty(type)]));
    const tensors = [inputs, made];
    held.add(tensors);
    try {
      const [fed, written] = tensors.map((record) => {
        const entries = Object.entries(record);
        return [this.pointers(entries, ([name]) => this.nameAt(name)), this.pointers(entries, ([name, tensor]) => this.valueAt(name, tensor)), entries.length];
      }) as unknown as [Pointers, Pointers];
      // An output that has a value already is written into it; one of another shape fails.
      this.ort.call("Run", this.session, null, fed[0], fed[1], fed[2], written[0], written[2], written[1]);
    } finally {
      held.delete(tensors);
    }
    return made;
  }

  endProfiling(): void {
    const allocator = this.ort.made("GetAllocatorWithDefaultOptions");
    this.ort.call("AllocatorFree", allocator, this.ort.made("SessionEndProfiling", this.session, allocator));
  }

  release(): Promise<void> {
    for (const { value } of this.values.values()) this.ort.release("ReleaseValue", value);
    this.ort.release("ReleaseSession", this.session);
    return Promise.resolve();
  }

  /** The same value as in the last run for what is the same tensor, as caches are. */
  private valueAt(name: string, tensor: HostTensor): Pointer {
    const last = this.values.get(name);
    if (last?.tensor.deref() === tensor) return last.value;
    if (last !== undefined) this.ort.release("ReleaseValue", last.value);
    this.values.delete(name);
    const { dtype, shape, data } = tensor;
    const sizes = still(BigInt64Array.from(shape, BigInt));
    // There must be an address, also where nothing lies.
    const elements = data.byteLength === 0 ? nothing : still(data);
    const value = this.ort.made("CreateTensorWithDataAsOrtValue", this.memory, elements, data.byteLength, sizes, shape.length, dataTypes[dtype]);
    this.values.set(name, { tensor: new WeakRef(tensor), value });
    return value;
  }

  private nameAt(name: string): Pointer {
    let known = this.names.get(name);
    if (known === undefined) {
      const bytes = new TextEncoder().encode(`${name}\0`);
      known = { bytes, address: this.ort.addressOf(bytes) };
      this.names.set(name, known);
    }
    return known.address;
  }

  private pointers<Item>(items: readonly Item[], pointerOf: (item: Item) => Pointer): BigUint64Array {
    return still(BigUint64Array.from(items, pointerOf));
  }
}

const nothing = still(new Uint8Array(8));

function empty({ dtype, shape }: TensorType): HostTensor {
  return { dtype, shape, data: new arrayOf[dtype](sizeOf(shape)) };
}
