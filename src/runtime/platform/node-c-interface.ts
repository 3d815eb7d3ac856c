import { join } from "node:path";
import { RuntimeError } from "../errors.ts";
import { mapValues } from "../map-values.ts";
import { libraryFolder } from "./node-library-folder.ts";

/** An address. */
export type Pointer = bigint;

/** What C reads at an address: an array of JavaScript, whose memory must not move (see {@link still}), or an address. */
type Memory = ArrayBufferView | Pointer;

/** Of the table of functions: the oldest that has all of these. A table only grows, so their places in it are the same in every later one. */
const version = 18;

/** By the names of onnxruntime_c_api.h: their places in the table, and what they take. All but releases return a status. */
const places = {
  CreateEnv: [3, "int", "str", "void *"],
  CreateSessionFromArray: [8, "void *", "void *", "size_t", "void *", "void *"],
  Run: [9, "void *", "void *", "void *", "void *", "size_t", "void *", "size_t", "void *"],
  CreateSessionOptions: [10, "void *"],
  EnableProfiling: [14, "void *", "str"],
  DisableMemPattern: [17, "void *"],
  SetSessionLogSeverityLevel: [22, "void *", "int"],
  SetIntraOpNumThreads: [24, "void *", "int"],
  CreateTensorWithDataAsOrtValue: [49, "void *", "void *", "size_t", "void *", "size_t", "int", "void *"],
  CreateCpuMemoryInfo: [69, "int", "int", "void *"],
  AllocatorFree: [76, "void *", "void *"],
  GetAllocatorWithDefaultOptions: [78, "void *"],
  SessionEndProfiling: [110, "void *", "void *", "void *"],
  AddSessionConfigEntry: [130, "void *", "str", "str"],
  AddExternalInitializersFromFilesInMemory: [279, "void *", "void *", "void *", "void *", "size_t"],
} as const;
const releases = { ReleaseSession: 95, ReleaseValue: 96, ReleaseSessionOptions: 100 } as const;

type CallName = keyof typeof places;
type ReleaseName = keyof typeof releases;

/** ONNX Runtime's functions in C. */
export interface CInterface {
  /** @throws Error with ONNX Runtime's message */
  call(name: CallName, ...values: readonly (Memory | string | number | null)[]): void;
  /** As {@link call}, for functions whose last parameter is where they write an address. */
  made(name: CallName, ...values: readonly (Memory | string | number | null)[]): Pointer;
  release(name: ReleaseName, pointer: Pointer): void;
  addressOf(memory: ArrayBufferView): Pointer;
}

/**
 * The functions of the library that `onnxruntime-node` brings, called through `koffi`. Its binding for Node copies what a run gives, and cannot write into memory that it is given; these can.
 * @throws Error where the library is not the one that these places are of, or koffi is not installed
 */
export async function openCInterface(): Promise<CInterface> {
  const { default: koffi } = await import("koffi");
  const file = join(libraryFolder(), "libonnxruntime.so.1");
  // Koffi unloads a library when a thread that loaded it ends, whoever is at work in it: other threads, or ONNX Runtime's own.
  const [resolveNow, neverUnload] = [0x2, 0x1000];
  if (koffi.load(null).func("dlopen", "void *", ["str", "int"])(file, resolveNow | neverUnload) === null) throw new RuntimeError(`${file} does not load`);
  const library = koffi.load(file);
  const base = library.func("OrtGetApiBase", "void *", [])() as Pointer;
  const table = koffi.call(koffi.decode(base, "void *"), koffi.proto("void *", ["uint32_t"]), version) as Pointer | null;
  if (table === null) throw new RuntimeError(`${file} has no interface of version ${version}`);
  const functionAt = (place: number, result: string, parameters: readonly string[]): ((...values: readonly unknown[]) => unknown) =>
    koffi.decode(koffi.decode(table, 8 * place, "void *"), koffi.proto(result, [...parameters])) as (...values: readonly unknown[]) => unknown;
  const message = functionAt(2, "str", ["void *"]);
  const releaseStatus = functionAt(93, "void", ["void *"]);
  const calls = mapValues(places, ([place, ...parameters]) => functionAt(place, "void *", parameters));
  const releasing = mapValues(releases, (place) => functionAt(place, "void", ["void *"]));
  const call: CInterface["call"] = (name, ...values) => {
    const status = calls[name](...values);
    if (status === null) return;
    const said = message(status) as string;
    releaseStatus(status);
    throw new Error(said);
  };
  return {
    call,
    made(name, ...values) {
      const result = still(new BigUint64Array(1));
      call(name, ...values, result);
      return result[0]!;
    },
    release: (name, pointer) => void releasing[name](pointer),
    addressOf: (memory) => koffi.address(still(memory)) as Pointer,
  };
}

/** An array whose memory stays where it is: V8 moves that of arrays of few bytes until someone asks for their buffer. */
export function still<View extends ArrayBufferView>(view: View): View {
  void view.buffer;
  return view;
}
