import type { OnnxGraph } from "../graph/graph.ts";
import { RuntimeError } from "./errors.ts";
import { checkHostTensor, describeTensor, type HostTensor, type WeightStore } from "./host-tensor.ts";
import type { EngineCalls, Id } from "./protocol.ts";
import { EngineSession } from "./session.ts";

interface Entry {
  readonly id: Id;
  readonly bytes: Uint8Array;
  readonly weights: readonly (readonly [path: string, tensor: HostTensor])[];
  readonly compiled: Promise<void>;
  users: number;
}

/** Compiles each graph once for one set of weights, however many sessions ask for it, and releases it with the last of them. */
export class SessionCache {
  private readonly engine: EngineCalls;
  private readonly entries = new Set<Entry>();
  private nextId = 0;

  constructor(engine: EngineCalls) {
    this.engine = engine;
  }

  async session(graph: OnnxGraph, store: WeightStore, label: string, keepMemory: boolean): Promise<EngineSession> {
    const weights = graph.parameters.map((parameter) => [parameter.path, weightOf(store, parameter, label)] as const);
    const entry = this.find(graph.bytes, weights) ?? this.compile(graph.bytes, weights, label, keepMemory);
    entry.users += 1;
    try {
      await entry.compiled;
    } catch (reason) {
      this.entries.delete(entry);
      throw reason;
    }
    return new EngineSession(this.engine, entry.id, label, graph, () => this.leave(entry));
  }

  private find(bytes: Uint8Array, weights: Entry["weights"]): Entry | undefined {
    for (const entry of this.entries) {
      // Arrays are compared by identity: the same weights are the same arrays.
      const same =
        entry.weights.length === weights.length && entry.weights.every(([path, { data }], i) => path === weights[i]![0] && data === weights[i]![1].data);
      if (same && sameBytes(entry.bytes, bytes)) return entry;
    }
    return undefined;
  }

  private compile(bytes: Uint8Array, weights: Entry["weights"], label: string, keepMemory: boolean): Entry {
    const id = this.nextId++;
    const entry: Entry = { id, bytes, weights, compiled: this.engine.compile({ session: id, label, model: bytes, weights, keepMemory }), users: 0 };
    this.entries.add(entry);
    return entry;
  }

  private async leave(entry: Entry): Promise<void> {
    entry.users -= 1;
    if (entry.users > 0) return;
    this.entries.delete(entry);
    await this.engine.releaseSession(entry.id);
  }
}

function weightOf(store: WeightStore, parameter: OnnxGraph["parameters"][number], label: string): HostTensor {
  const weight = store.get(parameter.path);
  const expected = describeTensor(parameter);
  if (weight === undefined) throw new RuntimeError(`${label}: there is no weight ${parameter.path} (${expected}) in the store`);
  if (describeTensor(weight) !== expected) throw new RuntimeError(`${label}: weight ${parameter.path}: expected ${expected}, found ${describeTensor(weight)}`);
  checkHostTensor(`${label}: weight ${parameter.path}`, weight);
  return weight;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every((byte, i) => byte === b[i]);
}
