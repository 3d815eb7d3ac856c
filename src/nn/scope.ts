import { type Initialiser, parameter, type Tensor } from "../graph/graph.ts";

/**
 * Where a layer declares its parameters. Scopes nest like the model does, and the names on the way down make a parameter's path:
 * `new Scope().child("blocks").child(3).parameter("weight", …)` declares `blocks.3.weight`. All scopes of one root share one list.
 */
export class Scope {
  /** The names on the way here, joined by dots; empty for the root. */
  readonly path: string;
  private readonly declared: Map<string, Tensor>;

  constructor(path = "", declared: Map<string, Tensor> = new Map()) {
    this.path = path;
    this.declared = declared;
  }

  /** The scope one level below. */
  child(name: string | number): Scope {
    return new Scope(this.join(`${name}`), this.declared);
  }

  /**
   * Declares a parameter of this scope. Nothing is allocated.
   * @throws when its path is taken, or a size is not a whole number of at least 1
   */
  parameter(name: string, shape: readonly number[], initialiser: Initialiser): Tensor {
    const path = this.join(name);
    if (this.declared.has(path)) throw new Error(`the parameter ${path} is declared twice: give one of the two layers its own scope`);
    if (shape.some((size) => !Number.isInteger(size) || size < 1)) {
      throw new Error(`the parameter ${path} cannot have the shape [${shape.join(", ")}]: every size must be a whole number of at least 1`);
    }
    const tensor = parameter(path, shape, initialiser);
    this.declared.set(path, tensor);
    return tensor;
  }

  /** Everything declared at or below this scope, by its full path, in the order of declaration. */
  parameters(): ReadonlyMap<string, Tensor> {
    if (this.path === "") return new Map(this.declared);
    return new Map([...this.declared].filter(([path]) => path.startsWith(`${this.path}.`)));
  }

  private join(name: string): string {
    if (!/^\w+$/.test(name)) throw new Error(`"${name}" cannot name a part of a parameter path: use letters, digits and _`);
    return this.path === "" ? name : `${this.path}.${name}`;
  }
}
