import type { DType } from "../graph/graph.ts";
import type { BlockPlace } from "./blocks.ts";
import { RuntimeError } from "./errors.ts";
import { checkHostTensor, type HostTensor, type InitialTensor, sizeOf } from "./host-tensor.ts";
import type { EngineCalls, Id } from "./protocol.ts";

/**
 * A tensor that stays where the work is done: feeding it to a session copies nothing (in a browser: only into the WebAssembly heap). Key and value caches are variables.
 *
 * Requests take effect in the order in which they were made, runs included; waiting for each is not necessary.
 */
export interface Variable {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Copies `tensor`, which has this variable's shape except along `axis`, to the places from `offset` on (one offset, or one for each row of axis 0). */
  write(tensor: HostTensor, axis: number, offset: number | readonly number[]): Promise<void>;
  read(): Promise<HostTensor>;
  /** A new variable of the rows `indices` of axis 0, in that order. */
  gatherRows(indices: readonly number[]): Promise<Variable>;
  /** Makes axis 0 the rows `indices` of what it was, in place: reorders the hypotheses of a beam, drops the finished rows of a batch. */
  selectRows(indices: readonly number[]): Promise<void>;
  /** Adds the rows of another variable of the same runtime, whose shape is this one's but for axis 0; that one stays as it is. */
  appendRows(other: Variable): Promise<void>;
  /** Makes `axis` `size` long: new places are zero, what lies beyond is left out. */
  resize(axis: number, size: number): Promise<void>;
  dispose(): Promise<void>;
}

let nextId = 0;

/** Asks the engine for everything, and knows only the shape. */
export class EngineVariable implements Variable {
  readonly id: Id = nextId++;
  readonly engine: EngineCalls;
  readonly dtype: DType;
  private sizes: readonly number[];
  private disposed = false;

  private constructor(engine: EngineCalls, dtype: DType, shape: readonly number[]) {
    this.engine = engine;
    this.dtype = dtype;
    this.sizes = shape;
  }

  static async create(engine: EngineCalls, tensor: InitialTensor): Promise<EngineVariable> {
    const { data } = tensor;
    if (data !== undefined) checkHostTensor("a new variable", { ...tensor, data });
    const variable = new EngineVariable(engine, tensor.dtype, tensor.shape);
    await engine.createVariable(variable.id, tensor);
    return variable;
  }

  get shape(): readonly number[] {
    return this.sizes;
  }

  async write(tensor: HostTensor, axis: number, offset: BlockPlace["offset"]): Promise<void> {
    this.checkUsable();
    checkHostTensor("what is written into a variable", tensor);
    await this.engine.writeVariable(this.id, tensor, { axis, offset });
  }

  async read(): Promise<HostTensor> {
    this.checkUsable();
    return this.engine.readVariable(this.id);
  }

  async gatherRows(indices: readonly number[]): Promise<EngineVariable> {
    this.checkUsable();
    const result = new EngineVariable(this.engine, this.dtype, [indices.length, ...this.sizes.slice(1)]);
    await this.engine.gatherVariable(this.id, indices, result.id);
    return result;
  }

  async selectRows(indices: readonly number[]): Promise<void> {
    this.checkUsable();
    const [rows = 0, ...rest] = this.sizes;
    const wrong = indices.find((index) => !(Number.isInteger(index) && index >= 0 && index < rows));
    if (wrong !== undefined) throw new RuntimeError(`row ${wrong} was asked of a variable [${this.sizes.join(", ")}]`);
    // Known at once, so that a run asked for next is checked against the new shape.
    this.sizes = [indices.length, ...rest];
    await this.engine.selectVariable(this.id, indices);
  }

  async appendRows(other: Variable): Promise<void> {
    this.checkUsable();
    if (!(other instanceof EngineVariable) || other.engine !== this.engine)
      throw new RuntimeError("the variable whose rows are added belongs to another runtime");
    other.checkUsable();
    const before = this.sizes;
    if (before.length === 0 || other.dtype !== this.dtype || other.sizes.length !== before.length || before.some((size, i) => i > 0 && size !== other.sizes[i]))
      throw new RuntimeError(
        `the rows of a variable [${other.sizes.join(", ")}] of ${other.dtype} cannot follow those of one [${before.join(", ")}] of ${this.dtype}`,
      );
    this.sizes = before.with(0, before[0]! + other.sizes[0]!);
    await this.engine.appendVariable(this.id, other.id);
  }

  async resize(axis: number, size: number): Promise<void> {
    this.checkUsable();
    const before = this.sizes;
    if (before[axis] === undefined || !(Number.isInteger(size) && size >= 0))
      throw new RuntimeError(`axis ${axis} of a variable [${before.join(", ")}] cannot become ${size} long`);
    this.sizes = before.with(axis, size);
    await this.engine.resizeVariable(this.id, axis, size);
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.engine.releaseVariable(this.id);
  }

  checkUsable(): void {
    if (this.disposed) throw new RuntimeError(`a variable of ${sizeOf(this.sizes)} elements was used after it was disposed`);
  }
}
