import { type BlockMatrix, blockRows, gather, type Initialiser, type Tensor } from "../graph/graph.ts";
import { normal } from "./initialisers.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

/** One learnt vector per entry. Parameter: `weight` [count, width]. */
export class Embedding {
  readonly weight: Tensor | BlockMatrix;

  /** @param config - `initialiser`: default normal with standard deviation 0.02 */
  constructor(scope: Scope, config: { readonly count: number; readonly width: number; readonly initialiser?: Initialiser }) {
    this.weight = scope.table("weight", [config.count, config.width], config.initialiser ?? normal(0.02));
  }

  /** @param indices - int64 [...] @returns [..., width] */
  forward(indices: Tensor): Tensor {
    return "codes" in this.weight ? blockRows(this.weight, indices) : gather(this.weight, indices);
  }

  /** How well each entry fits `x`: the tied output head. @param x - [..., width] @returns [..., count] */
  scores(x: Tensor): Tensor {
    return linear(x, this.weight);
  }
}
