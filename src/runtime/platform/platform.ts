import type { InferenceSession, Tensor } from "onnxruntime-common";
import type { Device } from "../device.ts";
import type { FileTensor, HostTensor } from "../host-tensor.ts";

/** ONNX Runtime as one platform loads it for one device. */
export interface OnnxRuntime {
  createSession(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  /** A tensor over the same memory, without a copy. */
  tensor(host: HostTensor): Tensor;
  /** Threads in use, which can be fewer than asked where the platform allows no more. */
  readonly threads: number;
}

/** Records of one profiled session. */
export interface ProfileRecorder {
  readonly sessionOptions: InferenceSession.SessionOptions;
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
