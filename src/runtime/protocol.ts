import type { BlockPlace } from "./blocks.ts";
import type { Device } from "./device.ts";
import type { HostTensor, InitialTensor, TensorType } from "./host-tensor.ts";
import type { OperatorTime } from "./profile.ts";

/** Sessions, variables and runs are numbered by the caller, so that no answer has to be waited for before the next request. */
export type Id = number;

export interface OpenRequest {
  readonly device: Device | "auto";
  readonly threads: number;
  readonly profile: boolean;
  readonly spinning: boolean;
  /** A graph with an input `x` [n] of floats, to see whether a device computes. Given, since the worker starts faster where it does not load what writes graphs. */
  readonly probe: Uint8Array;
}

export interface OpenedDevice {
  readonly device: Device;
  readonly threads: number;
  /** Whether outputs can be written into the memory of variables. */
  readonly inPlace: boolean;
}

export interface CompileRequest {
  readonly session: Id;
  /** How errors call the graph. */
  readonly label: string;
  readonly model: Uint8Array;
  /** Those in memory. */
  readonly weights: readonly (readonly [path: string, tensor: HostTensor])[];
  /** Where the files lie that hold the others. */
  readonly folder: string | undefined;
}

export interface RunRequest {
  readonly run: Id;
  readonly session: Id;
  readonly feeds: Readonly<Record<string, HostTensor | { readonly variable: Id }>>;
  /** Of everything that the graph is to compute, by output name. */
  readonly types: Readonly<Record<string, TensorType>>;
  /** Outputs to return. */
  readonly outputs: readonly string[];
  /** Outputs to copy into variables. */
  readonly stores: Readonly<Record<string, { readonly variable: Id; readonly place: BlockPlace }>>;
  /** Outputs that are written into the memory of variables. */
  readonly inPlace: Readonly<Record<string, Id>>;
}

/**
 * What the runtime asks of its engine, whether that runs in the same thread or in a worker. Requests are carried out one after the other,
 * in the order in which they were made; only `cancel` overtakes.
 */
export interface EngineCalls {
  open(request: OpenRequest): Promise<OpenedDevice>;
  compile(request: CompileRequest): Promise<void>;
  run(request: RunRequest): Promise<Record<string, HostTensor>>;
  /** A run that has not begun is dropped; one that has begun is finished, and its result dropped by the caller. */
  cancel(run: Id): Promise<void>;
  profile(session: Id): Promise<readonly OperatorTime[]>;
  releaseSession(session: Id): Promise<void>;
  createVariable(variable: Id, tensor: InitialTensor): Promise<void>;
  writeVariable(variable: Id, tensor: HostTensor, place: BlockPlace): Promise<void>;
  readVariable(variable: Id): Promise<HostTensor>;
  gatherVariable(variable: Id, indices: readonly number[], result: Id): Promise<void>;
  selectVariable(variable: Id, indices: readonly number[]): Promise<void>;
  appendVariable(variable: Id, other: Id): Promise<void>;
  resizeVariable(variable: Id, axis: number, size: number): Promise<void>;
  releaseVariable(variable: Id): Promise<void>;
  close(): Promise<void>;
}

/** One request on its way to the worker. */
export interface RequestMessage {
  readonly id: number;
  readonly method: keyof EngineCalls;
  readonly arguments: readonly unknown[];
}

/** Its answer. */
export type ResponseMessage = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string };
