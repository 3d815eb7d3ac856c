import { add, blockEnd, concat, convolution, expand, mergeAxes, reshape, slice, type Tensor, transpose } from "../../graph/graph.ts";
import { normal, scaledNormal, zeros } from "../../nn/initialisers.ts";
import { LayerNorm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";
import type { VisionEncoder, VisionGrid } from "./vision-encoder.ts";
import { VitLayer, type VitLayerConfig } from "./vit-layer.ts";

/** What vision transformers differ in; each kind of config is a row of this table. */
export interface VisionTransformerPlan extends VitLayerConfig {
  /** Edge of the square input in pixels. What is left over beyond whole patches, at the right and at the bottom, is not seen. */
  readonly imageSize: number;
  readonly patchSize: number;
  readonly layers: number;
  /** Whether the layer that makes a vector of each patch adds something. */
  readonly patchBias: boolean;
  /** The token before the patches that gathers what the picture shows: with a position of its own, without one, or none. */
  readonly gathering: "placed" | "unplaced" | "none";
  /** Learnt tokens without positions beside it, in which the network keeps what belongs to no place. They are no features. */
  readonly registers: number;
  readonly inputNorm: boolean;
  readonly finalNorm: boolean;
  /** Whether the gathering token is among the features. */
  readonly classToken: boolean;
}

/** A vision transformer (Dosovitskiy et al., 2021), without what makes one vector of its features. */
export class VisionTransformer implements VisionEncoder {
  readonly width: number;
  readonly spatial: number;
  readonly grid: VisionGrid;
  readonly classes = 0;
  readonly imageSize: readonly [height: number, width: number];
  private readonly plan: VisionTransformerPlan;
  private readonly patches: { readonly weight: Tensor; readonly bias?: Tensor };
  private readonly gathering: Tensor | undefined;
  private readonly registers: Tensor | undefined;
  private readonly positions: Tensor;
  private readonly inputNorm: LayerNorm | undefined;
  private readonly layers: readonly VitLayer[];
  private readonly finalNorm: LayerNorm | undefined;

  constructor(scope: Scope, plan: VisionTransformerPlan) {
    const { imageSize, patchSize, width, layers, normEpsilon: epsilon } = plan;
    const rows = Math.floor(imageSize / patchSize);
    this.plan = plan;
    this.width = width;
    this.grid = { rows, columns: rows, cell: patchSize, classTokens: plan.classToken ? 1 : 0 };
    this.spatial = rows ** 2 + this.grid.classTokens;
    this.imageSize = [imageSize, imageSize];
    this.patches = patchesOf(scope, plan);
    const token = normal(width ** -0.5);
    if (plan.gathering !== "none") this.gathering = scope.parameter("classToken", [width], token);
    if (plan.registers > 0) this.registers = scope.parameter("registers", [plan.registers, width], token);
    this.positions = scope.parameter("positions", [rows ** 2 + (plan.gathering === "placed" ? 1 : 0), width], token);
    if (plan.inputNorm) this.inputNorm = new LayerNorm(scope.child("inputNorm"), { width, epsilon });
    const each = scope.child("layers");
    this.layers = Array.from({ length: layers }, (_, i) => new VitLayer(each.child(i), plan));
    if (plan.finalNorm) this.finalNorm = new LayerNorm(scope.child("finalNorm"), { width, epsilon });
  }

  forward(pixels: Tensor): Tensor {
    const { weight, bias } = this.patches;
    const grid = convolution(pixels, weight, { stride: this.plan.patchSize, ...(bias === undefined ? {} : { bias }) }); // [images, width, rows, columns]
    const patches = transpose(mergeAxes(grid, 2, 3), [0, 2, 1]); // [images, patches, width]
    const embedded = this.embedded(patches); // [images, tokens, width]
    let x = this.inputNorm?.forward(embedded) ?? embedded;
    for (const layer of this.layers) x = blockEnd(layer.forward(x));
    const normed = this.finalNorm?.forward(x) ?? x;
    const before = (this.gathering === undefined ? 0 : 1) + this.plan.registers;
    const places = before === 0 ? normed : slice(normed, 1, before, normed.shape[1]!);
    if (!this.plan.classToken) return places; // [images, spatial, width]
    return before === 1 ? normed : concat([slice(normed, 1, 0, 1), places], 1);
  }

  /** The tokens that the first layer reads: what gathers, registers, patches. */
  private embedded(patches: Tensor): Tensor {
    const images = patches.shape[0]!;
    const each = (token: Tensor, count: number): Tensor => expand(reshape(token, [1, count, this.width]), [images, count, this.width]);
    const placed = this.plan.gathering === "placed";
    const first = this.gathering === undefined ? [] : [each(this.gathering, 1)];
    const registers = this.registers === undefined ? [] : [each(this.registers, this.plan.registers)];
    const positioned = add(placed ? concat([...first, patches], 1) : patches, reshape(this.positions, [1, this.positions.shape[0]!, this.width]));
    if (!placed) return joined([...first, ...registers, positioned]);
    return registers.length === 0 ? positioned : concat([slice(positioned, 1, 0, 1), ...registers, slice(positioned, 1, 1, positioned.shape[1]!)], 1);
  }
}

function joined(tokens: readonly Tensor[]): Tensor {
  return tokens.length === 1 ? tokens[0]! : concat(tokens, 1);
}

function patchesOf(scope: Scope, { width, patchSize, patchBias }: VisionTransformerPlan): { readonly weight: Tensor; readonly bias?: Tensor } {
  const shape = [width, 3, patchSize, patchSize];
  const initialiser = scaledNormal(3 * patchSize ** 2);
  if (!patchBias) return { weight: scope.parameter("patches", shape, initialiser) };
  const patches = scope.child("patches");
  return { weight: patches.parameter("weight", shape, initialiser), bias: patches.parameter("bias", [width], zeros) };
}
