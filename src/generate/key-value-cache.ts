import type { HostTensor, Variable } from "../runtime/runtime.ts";
import type { ModelSessions } from "./model-sessions.ts";

/** Axis of a cache along which tokens follow one another. */
export const tokenAxis = 2;

/**
 * Keys and values of every block for some rows, `{i}.key|value` [rows, keyHeads, size, headDim], kept with the runtime. Several contexts may hold one, since what
 * was read is never changed; the last that lets go of it frees it.
 */
export class KeyValueCache {
  readonly variables: ReadonlyMap<string, Variable>;
  private holders = 1;

  private constructor(variables: ReadonlyMap<string, Variable>) {
    this.variables = variables;
  }

  /** Zeros. @param media - whether the fusion layers take part, which may bring blocks of their own */
  static async create(sessions: ModelSessions, media: boolean, rows: number, size: number): Promise<KeyValueCache> {
    const { keyHeads, headDim } = sessions.network.config.language;
    const shape = [rows, keyHeads, size, headDim];
    return KeyValueCache.from(cacheNames(sessions, media), () => sessions.runtime.variable({ dtype: "float32", shape }));
  }

  /** @param tensors - by the names of {@link cacheNames} */
  static restore(sessions: ModelSessions, tensors: ReadonlyMap<string, HostTensor>): Promise<KeyValueCache> {
    return KeyValueCache.from([...tensors.keys()], (name) => sessions.runtime.variable(tensors.get(name)!));
  }

  /** Places in each row, used or not. */
  get size(): number {
    return this.variables.values().next().value!.shape[tokenAxis]!;
  }

  get byteLength(): number {
    return [...this.variables.values()].reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 4), 0);
  }

  /** Lets one more context use it. */
  hold(): this {
    this.holders += 1;
    return this;
  }

  async release(): Promise<void> {
    this.holders -= 1;
    if (this.holders === 0) await this.each((variable) => variable.dispose());
  }

  /** A copy of these rows, in this order. */
  gatherRows(rows: readonly number[]): Promise<KeyValueCache> {
    return KeyValueCache.from([...this.variables.keys()], (name) => this.variables.get(name)!.gatherRows(rows));
  }

  /** Makes its rows these ones; what stays in its place is not copied. */
  selectRows(rows: readonly number[]): Promise<void> {
    return this.each((variable) => variable.selectRows(rows));
  }

  /** Adds the rows of another cache of the same size; that one stays as it is. */
  async appendRows(other: KeyValueCache): Promise<void> {
    await Promise.all([...this.variables].map(([name, variable]) => variable.appendRows(other.variables.get(name)!)));
  }

  resize(size: number): Promise<void> {
    return this.each((variable) => variable.resize(tokenAxis, size));
  }

  async read(): Promise<Map<string, HostTensor>> {
    return new Map(await Promise.all([...this.variables].map(async ([name, variable]) => [name, await variable.read()] as const)));
  }

  // All are asked for at once: the runtime works in the order of the requests, and each answer would cost a way to the worker and back.
  private static async from(names: readonly string[], make: (name: string) => Promise<Variable>): Promise<KeyValueCache> {
    return new KeyValueCache(new Map(await Promise.all(names.map(async (name) => [name, await make(name)] as const))));
  }

  private async each(change: (variable: Variable) => Promise<void>): Promise<void> {
    await Promise.all([...this.variables.values()].map(change));
  }
}

/** Keys or values of one block of which nothing is valid: float32 [rows, keyHeads, 1, headDim]. */
export function blankCache({ network }: ModelSessions, rows: number): HostTensor {
  const { keyHeads, headDim } = network.config.language;
  return { dtype: "float32", shape: [rows, keyHeads, 1, headDim], data: new Float32Array(rows * keyHeads * headDim) };
}

/** `{i}.key` and `{i}.value` of every block that has a cache. */
export function cacheNames({ network }: ModelSessions, media: boolean): string[] {
  const blocks = network.config.language.blocks + (media ? network.fusion.grafted.length : 0);
  return Array.from({ length: blocks }, (_, i) => [`${i}.key`, `${i}.value`]).flat();
}
