import type { OnnxGraph } from "../graph/graph.ts";
import type { BlockPlace } from "./blocks.ts";
import { RuntimeError } from "./errors.ts";
import { checkFeeds, outputTypes } from "./feed-rules.ts";
import { describeTensor, type HostTensor } from "./host-tensor.ts";
import { mapValues } from "./map-values.ts";
import type { OperatorTime } from "./profile.ts";
import type { EngineCalls, Id, RunRequest } from "./protocol.ts";
import { EngineVariable, type Variable } from "./variable.ts";

/** Where an output is copied to: into `variable`, from `offset` on along `axis` (one offset, or one for each row of axis 0); see {@link BlockPlace}. */
export interface StorePlace extends BlockPlace {
  readonly variable: Variable;
}

export interface RunOptions {
  /** Outputs to return. Default: all that are not stored. */
  readonly outputs?: readonly string[];
  /** Outputs to copy into variables, by output name. They are not returned, unless `outputs` names them too. */
  readonly store?: Readonly<Record<string, StorePlace>>;
  /** Outputs that a graph writes into the memory of a variable, by output name: a cache that it extends where it lies. They are not returned. Where {@link Runtime.inPlace} says that this is possible. */
  readonly inPlace?: Readonly<Record<string, Variable>>;
  /**
   * Gives up waiting: the promise is rejected with the signal's reason at once. A run that has not begun is dropped. One that has begun cannot be interrupted:
   * it ends in the background, and may still store its outputs.
   */
  readonly signal?: AbortSignal;
}

/** A compiled graph with its weights. */
export interface Session {
  readonly inputs: OnnxGraph["inputs"];
  readonly outputs: OnnxGraph["outputs"];
  /**
   * Runs the graph. Feeds must not be changed before the promise is settled. With a worker, tensors are copied on their way to it (only the part that a subarray shows; an array
   * in shared memory is passed on without a copy); without one nothing is copied. What is large and used often is better a {@link Variable}.
   * The returned arrays belong to the caller.
   * @throws RuntimeError when a feed does not fit the graph, ONNX Runtime fails, or the outputs are not the numbers that `CompileOptions.numbers` asks for.
   */
  run(feeds: Readonly<Record<string, HostTensor | Variable>>, options?: RunOptions): Promise<Record<string, HostTensor>>;
  /** Time by operator type over all runs so far, slowest first, if the runtime was made with `profile: true`. Ends the profiling of this session. */
  profile(): Promise<readonly OperatorTime[]>;
  /** Gives the compiled graph and its copy of the weights free, unless other sessions share them. */
  dispose(): Promise<void>;
}

let nextRun = 0;

export class EngineSession implements Session {
  readonly inputs: OnnxGraph["inputs"];
  readonly outputs: OnnxGraph["outputs"];
  private readonly engine: EngineCalls;
  private readonly id: Id;
  private readonly label: string;
  private readonly check: ((outputs: Readonly<Record<string, HostTensor>>) => void) | undefined;
  private release: (() => Promise<void>) | undefined;

  /**
   * @param release - called once, when this user of the compiled graph is done with it
   * @param check - sees what a run returns, and throws where that is nothing to go on with
   */
  constructor(
    engine: EngineCalls,
    id: Id,
    label: string,
    graph: OnnxGraph,
    release: () => Promise<void>,
    check?: (outputs: Readonly<Record<string, HostTensor>>) => void,
  ) {
    this.engine = engine;
    this.id = id;
    this.label = label;
    this.inputs = graph.inputs;
    this.outputs = graph.outputs;
    this.release = release;
    this.check = check;
  }

  async run(feeds: Readonly<Record<string, HostTensor | Variable>>, options: RunOptions = {}): Promise<Record<string, HostTensor>> {
    this.checkUsable();
    const sizes = checkFeeds(this.label, this.inputs, feeds);
    const { store = {}, inPlace = {}, signal } = options;
    const outputs = options.outputs ?? this.outputs.map(({ name }) => name).filter((name) => !(name in store || name in inPlace));
    const computed = [...outputs, ...Object.keys(store), ...Object.keys(inPlace)];
    this.checkOutputs(computed);
    signal?.throwIfAborted();
    const types = outputTypes(this.label, this.outputs, new Set(computed), sizes);
    for (const [name, variable] of Object.entries(inPlace))
      if (describeTensor(variable) !== describeTensor(types[name]!))
        throw new RuntimeError(
          `${this.label}: output ${name} is ${describeTensor(types[name]!)}, the variable that it is to be written into ${describeTensor(variable)}`,
        );
    const request: RunRequest = {
      run: nextRun++,
      session: this.id,
      feeds: mapValues(feeds, (feed, name) => ("data" in feed ? feed : { variable: this.variableId(feed, `input ${name}`) })),
      types,
      outputs,
      stores: mapValues(store, ({ variable, ...place }, name) => ({ variable: this.variableId(variable, `the store of output ${name}`), place })),
      inPlace: mapValues(inPlace, (variable, name) => this.variableId(variable, `the memory of output ${name}`)),
    };
    const result = this.engine.run(request);
    const returned = await (signal === undefined ? result : untilAborted(result, signal, () => void this.engine.cancel(request.run)));
    this.check?.(returned);
    return returned;
  }

  async profile(): Promise<readonly OperatorTime[]> {
    this.checkUsable();
    return this.engine.profile(this.id);
  }

  async dispose(): Promise<void> {
    const release = this.release;
    this.release = undefined;
    await release?.();
  }

  private checkUsable(): void {
    if (this.release === undefined) throw new RuntimeError(`${this.label}: the session was used after it was disposed`);
  }

  private checkOutputs(names: readonly string[]): void {
    if (names.length === 0) throw new RuntimeError(`${this.label}: a run must return or store at least one output`);
    const known = new Set(this.outputs.map(({ name }) => name));
    const unknown = names.filter((name) => !known.has(name));
    if (unknown.length > 0)
      throw new RuntimeError(`${this.label}: it has no output ${unknown.join(", ")}; its outputs are ${this.outputs.map(({ name }) => name).join(", ")}`);
  }

  private variableId(variable: Variable, what: string): Id {
    if (!(variable instanceof EngineVariable) || variable.engine !== this.engine)
      throw new RuntimeError(`${this.label}: the variable for ${what} belongs to another runtime`);
    variable.checkUsable();
    return variable.id;
  }
}

function untilAborted<Result>(result: Promise<Result>, signal: AbortSignal, abort: () => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      abort();
      reject(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
