import { RuntimeError } from "../../../runtime/errors.ts";
import type { Launch } from "../launcher.ts";

/** An address (Open MPI) or a number (MPICH). */
type Handle = bigint | number;
type Call = (...values: readonly unknown[]) => number;
/** Runs in a thread of libuv's pool. */
type AsyncCall = (...values: readonly unknown[]) => Promise<number>;

/** The functions of MPI that a run uses, by their names. Each gives an error code, 0 when there is none. */
export interface MpiLibrary {
  readonly file: string;
  readonly version: string;
  readonly world: Handle;
  readonly float: Handle;
  readonly byte: Handle;
  readonly sum: Handle;
  readonly errorsReturn: Handle;
  readonly inPlace: bigint;
  readonly ignoredStatus: bigint;
  readonly initThread: Call;
  readonly rank: Call;
  readonly size: Call;
  readonly setErrorHandler: Call;
  readonly errorString: Call;
  readonly barrierBegin: Call;
  readonly test: Call;
  readonly allReduce: AsyncCall;
  readonly allGather: AsyncCall;
  readonly send: Call;
  readonly receive: Call;
  readonly probe: Call;
  readonly finalize: Call;
  readonly abort: Call;
}

/** A variable that names the library's file. */
export const libraryVariable = "FLAMINGO_MPI_LIBRARY";

/** Their binary interfaces differ: Open MPI's, and the one that MPICH, Intel MPI, MVAPICH and Cray share. */
const known =
  process.platform === "darwin"
    ? { openmpi: ["libmpi.40.dylib"], mpich: ["libmpi.12.dylib", "libmpich.12.dylib"] }
    : { openmpi: ["libmpi.so.40"], mpich: ["libmpich.so.12", "libmpi.so.12"] };

/** Where MPI may be: what `FLAMINGO_MPI_LIBRARY` names, else the launcher's own kind first. */
export function mpiLibraryFiles(mpi: Launch["mpi"]): readonly string[] {
  const named = process.env[libraryVariable];
  if (named !== undefined) return [named];
  return mpi === "mpich" ? [...known.mpich, ...known.openmpi] : [...known.openmpi, ...known.mpich];
}

/**
 * Opens the first of these libraries that there is.
 * @throws RuntimeError when there is none, or it is of a kind that is not known
 */
export async function openMpiLibrary(files: readonly string[]): Promise<MpiLibrary> {
  const { default: koffi } = await import("koffi").catch((error: unknown) => {
    throw new RuntimeError("koffi is not installed, through which MPI is called: run `npm install koffi`; no install script is needed", { cause: error });
  });
  // With the default of 128 KiB, calls of MPICH in other threads end the process (segmentation fault).
  koffi.config({ async_stack_size: 4 << 20, async_heap_size: 1 << 20 });
  const {
    file,
    opened: { library, getVersion },
  } = firstOf(files, (file) => {
    const library = koffi.load(file, { global: true, lazy: true });
    return { library, getVersion: library.func("int MPI_Get_library_version(char *text, _Out_ int *length)") };
  });
  const text = Buffer.alloc(8192);
  const length = [0];
  getVersion(text, length);
  const version = /^[^,\n\0]*/
    .exec(text.toString("latin1", 0, length[0]))![0]
    .replaceAll(/\s+/g, " ")
    .trim();
  const open = /Open ?MPI/i.test(version);
  if (!open && !/MPICH|MVAPICH|Intel|Cray/i.test(version))
    throw new RuntimeError(`${file} is an MPI that is not known here (${version}); Open MPI and those with the interface of MPICH are`);

  const handle = open ? "void *" : "int";
  const define = (prototype: string) => library.func(prototype.replaceAll("Handle", handle));
  const later = (prototype: string): AsyncCall => {
    const call = define(prototype);
    return (...values) =>
      new Promise((resolve, reject) => call.async(...values, (error: Error | null, code: number) => (error ? reject(error) : resolve(code))));
  };
  const handles: Pick<MpiLibrary, "world" | "float" | "byte" | "sum" | "errorsReturn" | "inPlace" | "ignoredStatus"> = open
    ? {
        world: library.symbol("ompi_mpi_comm_world") as bigint,
        float: library.symbol("ompi_mpi_float") as bigint,
        byte: library.symbol("ompi_mpi_byte") as bigint,
        sum: library.symbol("ompi_mpi_op_sum") as bigint,
        errorsReturn: library.symbol("ompi_mpi_errors_return") as bigint,
        inPlace: 1n,
        ignoredStatus: 0n,
      }
    : { world: 0x44000000, float: 0x4c00040a, byte: 0x4c00010d, sum: 0x58000003, errorsReturn: 0x54000001, inPlace: -1n, ignoredStatus: 1n };
  return {
    file,
    version,
    ...handles,
    initThread: define("int MPI_Init_thread(void *count, void *values, int required, _Out_ int *provided)"),
    rank: define("int MPI_Comm_rank(Handle communicator, _Out_ int *rank)"),
    size: define("int MPI_Comm_size(Handle communicator, _Out_ int *size)"),
    setErrorHandler: define("int MPI_Comm_set_errhandler(Handle communicator, Handle handler)"),
    errorString: define("int MPI_Error_string(int code, char *text, _Out_ int *length)"),
    barrierBegin: define("int MPI_Ibarrier(Handle communicator, void *request)"),
    test: define("int MPI_Test(void *request, _Out_ int *flag, uintptr_t status)"),
    allReduce: later("int MPI_Allreduce(uintptr_t from, void *to, int count, Handle type, Handle operation, Handle communicator)"),
    allGather: later("int MPI_Allgather(void *from, int fromCount, Handle fromType, void *to, int toCount, Handle toType, Handle communicator)"),
    send: define("int MPI_Send(void *from, int count, Handle type, int rank, int tag, Handle communicator)"),
    receive: define("int MPI_Recv(void *to, int count, Handle type, int rank, int tag, Handle communicator, uintptr_t status)"),
    probe: define("int MPI_Iprobe(int rank, int tag, Handle communicator, _Out_ int *flag, uintptr_t status)"),
    finalize: define("int MPI_Finalize()"),
    abort: define("int MPI_Abort(Handle communicator, int code)"),
  };
}

function firstOf<Opened>(files: readonly string[], open: (file: string) => Opened): { readonly file: string; readonly opened: Opened } {
  const reasons: string[] = [];
  for (const file of files) {
    try {
      return { file, opened: open(file) };
    } catch (error) {
      reasons.push(`${file}: ${(error as Error).message}`);
    }
  }
  throw new RuntimeError(
    `no MPI can be opened here (${reasons.join("; ")}): install the one whose launcher starts the processes, such as Debian's openmpi-bin, or name its library with ${libraryVariable}=/path/to/libmpi.so`,
  );
}
