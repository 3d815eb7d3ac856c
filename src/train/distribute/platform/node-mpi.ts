import { hostname } from "node:os";
import { setImmediate, setTimeout } from "node:timers/promises";
import { RuntimeError } from "../../../runtime/errors.ts";
import { gatherText } from "../gather-text.ts";
import type { Launch } from "../launcher.ts";
import type { Ranks } from "../ranks.ts";
import { Heartbeat } from "./node-heartbeat.ts";
import { libraryVariable, type MpiLibrary, mpiLibraryFiles, openMpiLibrary } from "./node-mpi-library.ts";

/** Level of MPI_Init_thread at which every thread may call: those of libuv's pool do, and the heartbeat's. */
const threadMultiple = 3;
/** Floats that are sent with one call; MPI counts them with 32 bits. */
const piece = 1 << 26;

export interface MpiOptions {
  /** What the launcher said, which the number of ranks is held against. */
  readonly launch: Launch | undefined;
  /** Seconds after which a rank that gives no sign of life is taken for dead, which ends the run. */
  readonly silence: number;
}

/** The ranks of an MPI job. A process that ends without {@link leave} ends all of them. */
export class MpiRanks implements Ranks {
  readonly rank: number;
  readonly size: number;
  /** What messages call the ranks. */
  names: readonly string[] = [];
  readonly #mpi: MpiLibrary;
  #heartbeat: Heartbeat | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #left = false;

  private constructor(mpi: MpiLibrary, rank: number, size: number) {
    this.#mpi = mpi;
    this.rank = rank;
    this.size = size;
    process.once("exit", (code) => this.#left || this.abort(code || 1));
    // Node would say it after that.
    process.once("uncaughtExceptionMonitor", (error) => this.#left || process.stderr.write(`${error.stack ?? error.message}\n`));
  }

  /**
   * Once in a process.
   * @throws RuntimeError when there is no MPI, or it belongs to another launcher than the one that started this process: then each process would be alone
   */
  static async join({ launch, silence }: MpiOptions): Promise<MpiRanks> {
    // Ranks that wait for one another let others work meanwhile, which Open MPI only does where it knows that cores are few.
    process.env["OMPI_MCA_mpi_yield_when_idle"] ??= "1";
    const mpi = await openMpiLibrary(mpiLibraryFiles(launch?.mpi));
    const checked = checkOf(mpi);
    const provided = numberFrom((out) => checked(mpi.initThread(null, null, threadMultiple, out)));
    const rank = numberFrom((out) => checked(mpi.rank(mpi.world, out)));
    const size = numberFrom((out) => checked(mpi.size(mpi.world, out)));
    const ranks = new MpiRanks(mpi, rank, size);
    if (launch === undefined ? size === 1 : (launch.size ?? size) !== size) {
      const started = launch === undefined ? "no launcher is known to have started it with others" : `${launch.name} started ${launch.size} processes`;
      throw new RuntimeError(
        `MPI (${mpi.version}, ${mpi.file}) sees ${size === 1 ? "this process alone" : `${size} processes`}, and ${started}; start with that MPI's own mpirun, or name the library of the launcher's MPI with ${libraryVariable}=/path/to/libmpi.so`,
      );
    }
    if (provided < threadMultiple) throw new RuntimeError(`${mpi.file} (${mpi.version}) was built without threads (MPI_THREAD_MULTIPLE), which are needed`);
    checked(mpi.setErrorHandler(mpi.world, mpi.errorsReturn));
    const places = await gatherText(ranks, `process ${process.pid} on ${hostname()}`);
    ranks.names = places.map((place, i) => `rank ${i} (${place})`);
    ranks.#heartbeat = new Heartbeat({ library: mpi.file, rank, names: ranks.names, silence });
    return ranks;
  }

  sum(values: Float32Array): Promise<void> {
    const { world, float, sum, inPlace, allReduce } = this.#mpi;
    return this.#inTurn(async () => {
      for (let at = 0; at < values.length; at += piece) {
        const part = values.subarray(at, at + piece);
        this.#check(await allReduce(inPlace, part, part.length, float, sum, world));
      }
    });
  }

  async gather(values: Float32Array): Promise<Float32Array> {
    const { world, float, allGather } = this.#mpi;
    const all = new Float32Array(this.size * values.length);
    await this.#inTurn(async () => {
      const most = Math.ceil(piece / this.size);
      for (let at = 0; at < values.length; at += most) {
        const part = values.subarray(at, at + most);
        const parts = part.length === values.length ? all : new Float32Array(this.size * part.length);
        this.#check(await allGather(part, part.length, float, parts, part.length, float, world));
        if (parts === all) return;
        for (let rank = 0; rank < this.size; rank++) all.set(parts.subarray(rank * part.length, (rank + 1) * part.length), rank * values.length + at);
      }
    });
    return all;
  }

  /** Ends this rank's part in good order, once all have come so far. */
  async leave(): Promise<void> {
    await this.#inTurn(() => Promise.resolve());
    await this.#heartbeat?.stop();
    // Nobody sends any more when all have stopped; what was sent must have been received.
    await this.#meet();
    this.#heartbeat?.drain(this.#mpi);
    this.#left = true;
    this.#check(this.#mpi.finalize());
  }

  /** Ends all ranks at once, this one with that exit code. */
  abort(code: number): never {
    this.#left = true;
    this.#mpi.abort(this.#mpi.world, code);
    process.exit(code);
  }

  /** Operations of all ranks are in one order, so they are so in this one; each begins when all are there. */
  #inTurn<Result>(operation: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(async () => {
      await this.#meet();
      return operation();
    });
    this.#last = result.catch(() => {});
    return result;
  }

  /** Waits for all ranks. MPI itself would keep a core busy meanwhile, and others may have hours of work. */
  async #meet(): Promise<void> {
    const { world, barrierBegin, test, ignoredStatus } = this.#mpi;
    const request = new BigUint64Array(1);
    this.#check(barrierBegin(world, request));
    for (let polls = 0; numberFrom((out) => this.#check(test(request, out, ignoredStatus))) === 0; polls++)
      await (polls < 200 ? setImmediate() : setTimeout(polls < 1000 ? 1 : 20));
  }

  #check(code: number): void {
    checkOf(this.#mpi)(code);
  }
}

function checkOf({ errorString }: MpiLibrary): (code: number) => void {
  return (code) => {
    if (code === 0) return;
    const text = Buffer.alloc(1024);
    const length = numberFrom((out) => errorString(code, text, out));
    throw new RuntimeError(`MPI failed: ${text.toString("latin1", 0, length)}`);
  };
}

function numberFrom(call: (out: number[]) => void): number {
  const out = [0];
  call(out);
  return out[0]!;
}
