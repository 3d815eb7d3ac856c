import { add, subtract, type Tensor } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";
import { Block } from "../language/block.ts";
import type { LanguageConfig } from "../language/config.ts";
import type { AttentionContext, KeyValue } from "../language/self-attention.ts";
import type { StepContext } from "../language/step.ts";
import { Gate, type GateConfig } from "./gate.ts";

/**
 * The self-attention half of one GRAFTING layer (ablation iv, after VC-GPT): a new block like the language model's own, on top of its last
 * one and before its frozen norm and head. The other half, cross-attention, is a GATED XATTN-DENSE layer before it. The paper does not print
 * the layout; 12 such pairs give its 3.3B parameters. Gating what the block changes makes a fresh model exactly its language model.
 */
export class GraftedBlock {
  private readonly block: Block;
  private readonly gate: Gate;

  constructor(scope: Scope, language: LanguageConfig, gate: GateConfig) {
    this.block = new Block(scope.child("block"), language);
    this.gate = new Gate(scope.child("blockGate"), language.width, gate);
  }

  /** As {@link Block.forward}. @param hidden - [batch, tokens, width] */
  forward(hidden: Tensor, context: AttentionContext | StepContext, cached: readonly KeyValue[] = []): { hidden: Tensor } & KeyValue {
    const result = this.block.forward(hidden, context, cached);
    if (!this.gate.gated) return result;
    return { ...result, hidden: add(hidden, this.gate.forward(subtract(result.hidden, hidden))) };
  }
}
