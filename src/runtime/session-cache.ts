import { type OnnxGraph, type ParameterPlace, withParameters } from "../graph/graph.ts";
import { RuntimeError } from "./errors.ts";
import { checkHostTensor, describeTensor, type FileTensor, type HostTensor, type WeightStore, type WeightTensor } from "./host-tensor.ts";
import { checkOutputs, checkWeights, type NumberRule } from "./numbers.ts";
import type { CompileRequest, EngineCalls, Id } from "./protocol.ts";
import { EngineSession } from "./session.ts";

interface Entry {
  readonly id: Id;
  readonly bytes: Uint8Array;
  readonly weights: readonly (readonly [path: string, tensor: WeightTensor])[];
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

  async session(graph: OnnxGraph, store: WeightStore, label: string, numbers?: NumberRule): Promise<EngineSession> {
    const weights = graph.parameters.map((parameter) => [parameter.path, weightOf(store, parameter, label)] as const);
    if (numbers !== undefined) await checkWeights(label, weights, numbers);
    const entry = this.find(graph.bytes, weights) ?? this.compile(graph, weights, label);
    entry.users += 1;
    try {
      await entry.compiled;
    } catch (reason) {
      this.entries.delete(entry);
      throw reason;
    }
    const check = numbers === undefined ? undefined : (outputs: Readonly<Record<string, HostTensor>>) => checkOutputs(label, outputs, numbers);
    return new EngineSession(this.engine, entry.id, label, graph, () => this.leave(entry), check);
  }

  private find(bytes: Uint8Array, weights: Entry["weights"]): Entry | undefined {
    for (const entry of this.entries) {
      const same =
        entry.weights.length === weights.length && entry.weights.every(([path, weight], i) => path === weights[i]![0] && sameWeight(weight, weights[i]![1]));
      if (same && sameBytes(entry.bytes, bytes)) return entry;
    }
    return undefined;
  }

  private compile(graph: OnnxGraph, weights: Entry["weights"], label: string): Entry {
    const id = this.nextId++;
    const entry: Entry = {
      id,
      bytes: graph.bytes,
      weights,
      compiled: this.engine.compile({ session: id, label, ...supplied(graph, weights, label) }),
      users: 0,
    };
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

/** ONNX Runtime takes weights from memory or from files of one folder, not both: what is in memory beside files becomes a part of the model. */
function supplied(graph: OnnxGraph, weights: Entry["weights"], label: string): Pick<CompileRequest, "model" | "weights" | "folder"> {
  const inMemory = weights.filter((weight): weight is [string, HostTensor] => "data" in weight[1]);
  const inFiles = weights.filter((weight): weight is [string, FileTensor] => "file" in weight[1]);
  const [folder, ...others] = new Set(inFiles.map(([, { file }]) => file.folder));
  if (folder === undefined) return { model: withParameters(graph, new Map()), weights: inMemory, folder };
  if (others.length > 0)
    throw new RuntimeError(`${label}: its weights lie in files of several folders, ${[folder, ...others].join(", ")}; they must be in one`);
  const held = inMemory.map(([path, { data }]) => [path, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] as const);
  const found = inFiles.map(([path, { file }]) => [path, file] as const);
  return { model: withParameters(graph, new Map<string, ParameterPlace | Uint8Array>([...held, ...found])), weights: [], folder };
}

/** Arrays are compared by identity: the same weights are the same arrays. */
function sameWeight(a: WeightTensor, b: WeightTensor): boolean {
  if ("data" in a) return "data" in b && a.data === b.data;
  return "file" in b && a.file.folder === b.file.folder && a.file.name === b.file.name && a.file.offset === b.file.offset;
}

function weightOf(store: WeightStore, parameter: OnnxGraph["parameters"][number], label: string): WeightTensor {
  const weight = store.get(parameter.path);
  const expected = describeTensor(parameter);
  if (weight === undefined) throw new RuntimeError(`${label}: there is no weight ${parameter.path} (${expected}) in the store`);
  if (describeTensor(weight) !== expected) throw new RuntimeError(`${label}: weight ${parameter.path}: expected ${expected}, found ${describeTensor(weight)}`);
  if ("data" in weight) checkHostTensor(`${label}: weight ${parameter.path}`, weight);
  return weight;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every((byte, i) => byte === b[i]);
}
