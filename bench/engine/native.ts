/**
 * ONNX Runtime by its C interface, from the library that `onnxruntime-node` brings: sessions whose inputs and outputs are bound to memory of ours, so that a run copies nothing. No more of it than `npm run bench:engine` needs.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import koffi from "koffi";
import type { DType } from "../../src/graph/graph.ts";
import type { HostTensor } from "../../src/runtime/runtime.ts";

/** Of the header that these places in its table of functions were read from. */
const version = 29;
const functions = {
  GetErrorMessage: [2, "const char *GetErrorMessage(void *status)"],
  CreateEnv: [3, "void *CreateEnv(int level, const char *name, _Out_ void **made)"],
  CreateSessionFromArray: [8, "void *CreateSessionFromArray(void *env, void *model, size_t length, void *options, _Out_ void **made)"],
  CreateSessionOptions: [10, "void *CreateSessionOptions(_Out_ void **made)"],
  DisableMemPattern: [17, "void *DisableMemPattern(void *options)"],
  SetIntraOpNumThreads: [24, "void *SetIntraOpNumThreads(void *options, int count)"],
  CreateTensorWithDataAsOrtValue: [
    49,
    "void *CreateTensorWithDataAsOrtValue(void *memory, void *data, size_t bytes, int64_t *shape, size_t axes, int type, _Out_ void **made)",
  ],
  CreateCpuMemoryInfo: [69, "void *CreateCpuMemoryInfo(int allocator, int kind, _Out_ void **made)"],
  ReleaseStatus: [93, "void ReleaseStatus(void *status)"],
  AddSessionConfigEntry: [130, "void *AddSessionConfigEntry(void *options, const char *name, const char *value)"],
  RunWithBinding: [133, "void *RunWithBinding(void *session, void *options, void *binding)"],
  CreateIoBinding: [134, "void *CreateIoBinding(void *session, _Out_ void **made)"],
  BindInput: [136, "void *BindInput(void *binding, const char *name, void *value)"],
  BindOutput: [137, "void *BindOutput(void *binding, const char *name, void *value)"],
} as const;
type Name = keyof typeof functions;

/** Exported so that it is held for as long as the process lives: a library that nothing holds is unloaded, and what is then called is no longer there. */
export const library = koffi.load(
  join(createRequire(import.meta.url).resolve("onnxruntime-node"), `../../bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime.so.1`),
);
const table = koffi.call(koffi.decode(library.func("void *OrtGetApiBase()")(), "void *"), koffi.proto("void *GetApi(uint32_t version)"), version) as unknown;
const called = new Map(
  Object.entries(functions).map(([name, [place, form]]) => {
    const [pointer, type] = [koffi.decode(table, 8 * place, "void *") as unknown, koffi.proto(form)];
    return [name, (...values: readonly unknown[]): unknown => koffi.call(pointer, type, ...values) as unknown];
  }),
);

function call(name: Name, ...values: readonly unknown[]): void {
  const status = called.get(name)!(...values);
  if (status === null) return;
  const message = called.get("GetErrorMessage")!(status) as string;
  called.get("ReleaseStatus")!(status);
  throw new Error(`ONNX Runtime's ${name}: ${message}`);
}

function made(name: Name, ...values: readonly unknown[]): unknown {
  const result: [unknown] = [null];
  call(name, ...values, result);
  return result[0];
}

const environment = made("CreateEnv", 4, "flamingo-vlm");
const memory = made("CreateCpuMemoryInfo", 1, 0);
const types: Readonly<Record<DType, number>> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 };

export class NativeSession {
  private readonly session: unknown;
  private readonly binding: unknown;
  /** ONNX Runtime writes into it: it must not be collected, nor lie where arrays of few bytes do, which move. */
  private readonly bound: unknown[] = [];

  constructor(model: Uint8Array, threads: number) {
    const options = made("CreateSessionOptions");
    call("SetIntraOpNumThreads", options, threads);
    call("DisableMemPattern", options);
    // As `session-options.ts` has it.
    call("AddSessionConfigEntry", options, "optimization.disable_specified_optimizers", "MatMulScaleFusion");
    this.session = made("CreateSessionFromArray", environment, model, model.length, options);
    this.binding = made("CreateIoBinding", this.session);
  }

  input(name: string, tensor: HostTensor): void {
    call("BindInput", this.binding, name, this.value(tensor));
  }

  output(name: string, tensor: HostTensor): void {
    call("BindOutput", this.binding, name, this.value(tensor));
  }

  run(): void {
    call("RunWithBinding", this.session, null, this.binding);
  }

  private value({ dtype, shape, data }: HostTensor): unknown {
    const value = made("CreateTensorWithDataAsOrtValue", memory, data, data.byteLength, BigInt64Array.from(shape, BigInt), shape.length, types[dtype]);
    this.bound.push(data, data.buffer, value);
    return value;
  }
}
