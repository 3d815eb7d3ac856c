/** The runtime room's public face: runs the graphs of `graph/` on a device, by default in a worker, so that the caller's event loop stays free. */
import { platform } from "#runtime-platform";
import { add, input, type OnnxGraph, toOnnx } from "../graph/graph.ts";
import type { Device } from "./device.ts";
import { Engine } from "./engine.ts";
import { RuntimeError } from "./errors.ts";
import type { InitialTensor, WeightStore } from "./host-tensor.ts";
import type { NumberRule } from "./numbers.ts";
import type { EngineCalls, OpenedDevice } from "./protocol.ts";
import type { Session } from "./session.ts";
import { SessionCache } from "./session-cache.ts";
import { EngineVariable, type Variable } from "./variable.ts";
import { WorkerEngine } from "./worker-client.ts";

export type { BlockPlace } from "./blocks.ts";
export type { Device } from "./device.ts";
export { engineVersion } from "./engine-version.ts";
export { RuntimeError } from "./errors.ts";
export {
  byteLengthOf,
  type FileTensor,
  free,
  type HostData,
  type HostTensor,
  shared,
  sharedTensor,
  type WeightStore,
  type WeightTensor,
} from "./host-tensor.ts";
export { holdsNoNumbers } from "./numbers.ts";
export type { OperatorTime } from "./profile.ts";
export type { RunOptions, Session, StorePlace } from "./session.ts";
export type { Variable } from "./variable.ts";

export interface RuntimeOptions {
  /** Default `auto`: CUDA if it is installed, else the CPU; in browsers WebGPU on a graphics card, else WebAssembly. A device that is named and does not work is an error. */
  readonly device?: Device | "auto";
  /** Threads of one product, at most {@link mostThreads}. Default: all cores in Node; in browsers 1, since more need a cross-origin isolated page. */
  readonly threads?: number;
  /** Whether to work in a thread of its own. Default true; false is for a caller that has nothing else to do and wants its arrays fed without a copy (training). */
  readonly worker?: boolean;
  /**
   * Whether threads of the CPU that wait for one another keep their cores busy meanwhile: the next product begins some microseconds earlier. Default true; false is for a runtime that works beside
   * another one on the same cores, which it would slow down.
   */
  readonly spinning?: boolean;
  /** Whether sessions record the time of every operator, for {@link Session.profile}. Node only. */
  readonly profile?: boolean;
}

export interface CompileOptions {
  /** How errors call the graph. Default: by its outputs. */
  readonly name?: string;
  /** What its weights and the floats that a run returns have to be; others are refused. Default: anything, for a caller that looks itself (training does). */
  readonly numbers?: NumberRule;
}

export interface Runtime {
  /** The device that is really used. */
  readonly device: Device;
  readonly threads: number;
  /** Whether a graph can write outputs into the memory of variables that it reads ({@link RunOptions.inPlace}): on the CPU in Node, where ONNX Runtime's C interface is to be had. */
  readonly inPlace: boolean;
  /**
   * Compiles `graph`. The same graph with the same weights (the same arrays) is compiled once: a second session of it costs nothing. Weights are read now: a later change of
   * an array has no effect. Each compiled graph holds its own copy of them; on the way to the worker they are copied once into memory that threads share, or not at all when they are
   * there already ({@link sharedTensor}) or lie in a file ({@link FileTensor}): half the memory, and a third of the time to compile.
   * @throws RuntimeError when a weight is missing or of another shape than the graph declares, or holds other numbers than are asked for.
   */
  compile(graph: OnnxGraph, weights: WeightStore, options?: CompileOptions): Promise<Session>;
  /** A tensor that stays on the runtime's side, beginning with a copy of these values, or with zeros. */
  variable(tensor: InitialTensor): Promise<Variable>;
  /** Releases every session and variable, and ends the worker. */
  dispose(): Promise<void>;
}

/** Threads beyond the cores wait for one another: nano's first answer takes 1.9 s with 2 on 2 cores, 4.2 s with 8, 11 s with 16 and 90 s with 256. Up to here a command for another machine still works. */
export function mostThreads(): number {
  return 4 * platform.cores();
}

/** @throws RuntimeError when the device does not work here, or the threads are too many; the message says what to do. */
export async function createRuntime({
  device = "auto",
  threads = platform.defaultThreads(),
  worker = true,
  profile = false,
  spinning = true,
}: RuntimeOptions = {}): Promise<Runtime> {
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= mostThreads()))
    throw new RuntimeError(
      `threads must be a whole number from 1 to ${mostThreads()}, found ${threads}: of more than 4 for each of the ${platform.cores()} cores here, most only wait`,
    );
  const engine = worker ? new WorkerEngine() : new Engine();
  try {
    const opened = await engine.open({ device, threads, profile, spinning, probe: probeGraph() });
    return new EngineRuntime(engine, opened);
  } catch (reason) {
    await engine.close();
    throw reason;
  }
}

function probeGraph(): Uint8Array {
  return toOnnx({ outputs: { y: add(input("x", "float32", ["n"]), 1) } }).bytes;
}

class EngineRuntime implements Runtime {
  readonly device: Device;
  readonly threads: number;
  readonly inPlace: boolean;
  private readonly engine: EngineCalls;
  private readonly sessions: SessionCache;
  private closed: Promise<void> | undefined;

  constructor(engine: EngineCalls, { device, threads, inPlace }: OpenedDevice) {
    this.engine = engine;
    this.device = device;
    this.threads = threads;
    this.inPlace = inPlace;
    this.sessions = new SessionCache(engine);
  }

  async compile(graph: OnnxGraph, weights: WeightStore, { name, numbers }: CompileOptions = {}): Promise<Session> {
    this.checkUsable();
    return this.sessions.session(graph, weights, name ?? `the graph of ${summary(graph.outputs.map((output) => output.name))}`, numbers);
  }

  async variable(tensor: InitialTensor): Promise<Variable> {
    this.checkUsable();
    return EngineVariable.create(this.engine, tensor);
  }

  dispose(): Promise<void> {
    this.closed ??= this.engine.close();
    return this.closed;
  }

  private checkUsable(): void {
    if (this.closed !== undefined) throw new RuntimeError("the runtime was used after it was disposed");
  }
}

function summary(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}
