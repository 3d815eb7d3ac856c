import type { Device } from "../device.ts";
import type { FileTensor, HostTensor, TensorType } from "../host-tensor.ts";
import type { ComputeSettings } from "../session-options.ts";

/** A graph on its way into ONNX Runtime. */
export interface Compilation {
  readonly model: Uint8Array;
  readonly settings: ComputeSettings;
  /** Those in memory. */
  readonly weights: readonly (readonly [path: string, tensor: HostTensor])[];
  /** Where the files lie that hold the others. */
  readonly folder: string | undefined;
  /** Where a profile is to be written, if one is. */
  readonly profilePrefix?: string | undefined;
}

/** A graph that ONNX Runtime has compiled. */
export interface CompiledGraph {
  /**
   * @param outputs - what to compute
   * @param memory - what some outputs are written into, which may be an input's; where the platform can do that
   * @returns outputs by name; arrays that were not given belong to the caller
   */
  run(
    inputs: Readonly<Record<string, HostTensor>>,
    outputs: Readonly<Record<string, TensorType>>,
    memory: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>>;
  endProfiling(): void;
  release(): Promise<void>;
}

/** ONNX Runtime as one platform loads it for one device. */
export interface OnnxRuntime {
  compile(compilation: Compilation): Promise<CompiledGraph>;
  /** Threads in use, which can be fewer than asked where the platform allows no more. */
  readonly threads: number;
  /** Whether outputs are written into memory that is given. */
  readonly inPlace: boolean;
}

/** Records of one profiled session. */
export interface ProfileRecorder {
  /** See {@link Compilation}. */
  readonly prefix: string;
  /** ONNX Runtime's profile as JSON; to be called after the session ended its profiling. */
  read(): Promise<string>;
  dispose(): Promise<void>;
}

/** All that differs between Node and browsers on the engine's side. */
export interface Platform {
  /** The devices that exist here. */
  readonly devices: readonly Device[];
  /** What `auto` tries, best first. */
  automatic(): Promise<readonly Device[]>;
  /** That the machine has, as far as it tells. */
  cores(): number;
  /** Threads for one session when none are asked for. */
  defaultThreads(): number;
  load(device: Device, threads: number): Promise<OnnxRuntime>;
  /** What a person can do when `device` does not open. */
  adviceFor(device: Device): string;
  startProfile(): Promise<ProfileRecorder>;
  /** The bytes of a mapped weight, in pieces of whole float32 numbers; each is overwritten by the next. Absent: there are no files. */
  piecesOf?(file: FileTensor["file"], length: number): AsyncIterable<Uint8Array>;
  /** Does something with ONNX Runtime. An end of the process that is asked for meanwhile comes after it, where the platform would abort otherwise. */
  uninterrupted<Result>(task: () => Result | Promise<Result>): Result | Promise<Result>;
  /** In a worker: hears the requests of the thread that started it. The result sends answers back. */
  listen(hear: (message: unknown) => void): (message: unknown, transfer: ArrayBuffer[]) => void;
}

/** A worker as the thread sees it that started it. */
export interface WorkerHandle {
  send(message: unknown): void;
  /** Whether the process may not end yet because an answer is due. */
  keepAlive(alive: boolean): void;
  terminate(): Promise<void>;
}

export interface WorkerEvents {
  message(message: unknown): void;
  /** The worker is gone or broken. */
  failure(reason: string): void;
}

export type StartWorker = (events: WorkerEvents) => WorkerHandle;
