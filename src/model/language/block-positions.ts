/** In what blocks differ as to positions: how far they look back, and by which angles they turn. */
import type { RotaryAngles, Tensor } from "../../graph/graph.ts";
import { rotaryAngles } from "../../nn/positions.ts";
import type { LanguageConfig } from "./config.ts";

/** How many tokens a block looks back at, the new one included. undefined: all. Grafted blocks come after the model's own. */
export function windowOf({ window, blocks }: LanguageConfig, block: number): number | undefined {
  return window === undefined || block >= blocks || window.everywhere.includes(block) ? undefined : window.tokens;
}

/** Whether a block turns queries and keys by their positions. */
export function turns({ positions }: LanguageConfig, block: number): boolean {
  return positions.kind === "rotary" && positions.unturned?.includes(block) !== true;
}

/**
 * By which angles those blocks turn what stands at these positions; undefined: positions are not rotary.
 * @param positions - float32 [rows, tokens]
 * @param inWindow - in blocks that do not look back at everything
 */
export function blockAngles({ positions: rotary, headDim }: LanguageConfig, positions: Tensor, inWindow: boolean): RotaryAngles | undefined {
  if (rotary.kind !== "rotary") return undefined;
  const dims = headDim * rotary.share;
  return inWindow && rotary.windowBase !== undefined
    ? rotaryAngles(positions, dims, rotary.windowBase)
    : rotaryAngles(positions, dims, rotary.base, rotary.scaling);
}
