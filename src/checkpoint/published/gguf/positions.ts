/** How positions are stretched in GGUF files: by numbers in the metadata, or by tensors of divisors. */
import type { RotaryScaling } from "../../../nn/rotary-scaling.ts";
import { CheckpointError } from "../../errors.ts";
import type { WeightFile } from "../../weight-file.ts";
import { widened } from "../../widen.ts";
import type { GgufArchitecture } from "./architecture.ts";
import type { GgufMetadata } from "./keys.ts";
import { factorOf } from "./metadata.ts";

/** @param divisors - a tensor's, one for each pair of channels @throws CheckpointError when they are not all that stretches positions */
export function ggufScaling(found: GgufMetadata, divisors: readonly number[] | undefined, name: string): RotaryScaling | undefined {
  const { "rope.scaling.attn_factor": magnitude = 1, "rope.scaling.original_context_length": original = found.context_length } = found;
  const factor = factorOf(found);
  const divided = divisors?.some((divisor) => divisor !== 1) === true;
  if (divided && factor !== 1) throw new CheckpointError(`${name}: positions are divided by ${factor} and by a tensor of divisors, which is not supported`);
  if (divisors === undefined && magnitude !== 1)
    throw new CheckpointError(
      `${name}: "rope.scaling.attn_factor" is ${magnitude}, but the tensors with divisors of positions, which it belongs to, are missing; the file is damaged`,
    );
  if (divisors !== undefined && (divided || magnitude !== 1)) return { kind: "divisors", divisors: [...divisors], magnitude };
  if (factor === 1) return undefined;
  if (found["rope.scaling.type"] !== "yarn") return { kind: "linear", factor };
  return {
    kind: "yarn",
    factor,
    slowTurns: found["rope.scaling.yarn_beta_slow"] ?? 1,
    fastTurns: found["rope.scaling.yarn_beta_fast"] ?? 32,
    originalTokens: original,
    magnitude: factor > 1 ? 1 + 0.1 * Math.log(factor) : 1,
    truncate: true,
  };
}

/** Undefined: a file without. @throws CheckpointError when they are none */
export async function ggufDivisors({ weights }: WeightFile, { divisors: tensor }: GgufArchitecture, name: string): Promise<readonly number[] | undefined> {
  const stored = tensor === undefined ? undefined : weights.get(tensor);
  if (stored === undefined) return undefined;
  const divisors = Array.from(widened(await stored.load()).data, Number);
  if (divisors.every((divisor) => Number.isFinite(divisor) && divisor > 0)) return divisors;
  throw new CheckpointError(`${name}: ${tensor} holds what positions cannot be divided by; the file is damaged`);
}

/** The longest document that is computed as its authors' code does. */
export function longestDocument({ weights }: WeightFile, { window, longDivisors }: GgufArchitecture, found: GgufMetadata): number {
  const { context_length: most, "attention.sliding_window": tokens, "rope.scaling.original_context_length": original = most } = found;
  const unwindowed = window === "left aside" && tokens ? tokens : most;
  return Math.min(most, unwindowed, longDivisors !== undefined && weights.has(longDivisors) ? original : most);
}
