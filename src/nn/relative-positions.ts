import { add, concat, constant, cos, matmul, mergeAxes, multiply, reshape, sin, slice, subtract, type Tensor } from "../graph/graph.ts";
import { splitHeads } from "./attention.ts";
import { scaledNormal, zeros } from "./initialisers.ts";
import { asQueries } from "./masks.ts";
import type { Positions } from "./positions.ts";
import { turns } from "./rotary-scaling.ts";
import type { Scope } from "./scope.ts";

/** Sines and cosines of all positions of one pass; the same for every block. */
export interface Sinusoids {
  /** [rows, 1, tokens, width/2] */
  readonly querySine: Tensor;
  readonly queryCosine: Tensor;
  /** Cosines, then sines, of the keys' positions: [rows, 1, past+tokens, width]. */
  readonly keys: Tensor;
}

export function sinusoids({ queries, keys }: Positions, width: number): Sinusoids {
  const frequencies = constant(turns(width, 10_000).perPosition);
  const queryAngles = multiply(asQueries(queries), frequencies);
  const keyAngles = multiply(asQueries(keys), frequencies);
  return { querySine: sin(queryAngles), queryCosine: cos(queryAngles), keys: concat([cos(keyAngles), sin(keyAngles)], 3) };
}

/**
 * Relative positions of Transformer-XL (Dai et al., 2019): the score of query i and key j is `(q_i + u)·k_j + (q_i + v)·W·s(i - j)` with the
 * sinusoid `s` of their distance. Parameters: `weight` W [heads*headDim, width], `contentBias` u and `positionBias` v [heads, headDim].
 *
 * The sines of a distance are sums of products of the sines of both positions, so the second term is computed as a product of something
 * that knows only the query and something that knows only the key: any cache and any positions will do, and nothing has to be shifted.
 */
export class RelativePositions {
  private readonly weight: Tensor;
  private readonly contentBias: Tensor;
  private readonly positionBias: Tensor;

  constructor(scope: Scope, { width, heads, headDim }: { readonly width: number; readonly heads: number; readonly headDim: number }) {
    this.weight = scope.parameter("weight", [heads * headDim, width], scaledNormal(width));
    this.contentBias = scope.parameter("contentBias", [heads, headDim], zeros);
    this.positionBias = scope.parameter("positionBias", [heads, headDim], zeros);
  }

  /** The queries that meet the keys: `q + u`. @param queries - [batch, tokens, heads*headDim] */
  contentQueries(queries: Tensor): Tensor {
    return add(queries, mergeAxes(this.contentBias, 0, 1));
  }

  /**
   * The scores that come of distance alone, not yet scaled.
   * @param queries - [batch, tokens, heads*headDim]
   * @returns [batch, heads, tokens, past+tokens]
   */
  positionScores(queries: Tensor, { querySine, queryCosine, keys }: Sinusoids): Tensor {
    const [heads, headDim] = this.positionBias.shape as readonly [number, number];
    const width = this.weight.shape[1] as number;
    const weight = reshape(this.weight, [1, heads, headDim, width]);
    const projected = matmul(splitHeads(add(queries, mergeAxes(this.positionBias, 0, 1)), heads), weight); // [batch, heads, tokens, width]
    const sines = slice(projected, 3, 0, width / 2);
    const cosines = slice(projected, 3, width / 2, width);
    // sin(i-j) = sin i·cos j - cos i·sin j and cos(i-j) = cos i·cos j + sin i·sin j, gathered by what belongs to j.
    const ofCosine = add(multiply(sines, querySine), multiply(cosines, queryCosine));
    const ofSine = subtract(multiply(cosines, querySine), multiply(sines, queryCosine));
    return matmul(concat([ofCosine, ofSine], 3), keys, { transposeB: true });
  }
}
