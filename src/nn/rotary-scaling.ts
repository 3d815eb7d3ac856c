/** How rotary positions are stretched beyond the length that a model was trained with, as transformers computes it. */
import * as z from "zod";

const factor = z.number().min(1);
const tokens = z.number().int().positive();

export const rotaryScaling = z.discriminatedUnion("kind", [
  /** All positions are divided by the factor. */
  z.strictObject({ kind: z.literal("linear"), factor }),
  /** Slow turns are divided by the factor, fast ones are not, and those between are in between (Llama 3). */
  z.strictObject({
    kind: z.literal("llama3"),
    factor,
    /** Turns within `originalTokens`: fewer than the first are slow, more than the second fast. */
    slowTurns: z.number().positive(),
    fastTurns: z.number().positive(),
    originalTokens: tokens,
  }),
  /** The same by channels, and scores grow (Peng et al., 2023). */
  z.strictObject({
    kind: z.literal("yarn"),
    factor,
    slowTurns: z.number().positive().default(1),
    fastTurns: z.number().positive().default(32),
    originalTokens: tokens,
    /** Factor of cosines and sines. */
    magnitude: z.number().positive(),
    /** Whether the channels between which the factor changes are whole numbers. */
    truncate: z.boolean().default(true),
  }),
  /** A divisor for each pair of channels (Phi-3, and Llama 3 in GGUF files). */
  z.strictObject({ kind: z.literal("divisors"), divisors: z.array(z.number().positive()), magnitude: z.number().positive().default(1) }),
]);
export type RotaryScaling = z.output<typeof rotaryScaling>;

/**
 * How far each pair of channels turns from one position to the next: `base^(-2i/dims)`, stretched.
 * @param dims - how many channels of each head turn; even
 * @returns one for each pair, and the factor of cosines and sines
 */
export function turns(dims: number, base: number, scaling?: RotaryScaling): { readonly perPosition: readonly number[]; readonly magnitude: number } {
  if (dims < 2 || dims % 2 !== 0) throw new Error(`${dims} channels cannot be taken in pairs: an even number is needed`);
  const plain = Array.from({ length: dims / 2 }, (_, i) => base ** ((-2 * i) / dims));
  switch (scaling?.kind) {
    case undefined:
      return { perPosition: plain, magnitude: 1 };
    case "linear":
      return { perPosition: plain.map((turn) => turn / scaling.factor), magnitude: 1 };
    case "divisors": {
      const { divisors, magnitude } = scaling;
      if (divisors.length !== plain.length)
        throw new Error(`rotary positions: ${plain.length} pairs of channels turn, but there are ${divisors.length} divisors`);
      return { perPosition: plain.map((turn, i) => turn / divisors[i]!), magnitude };
    }
    case "llama3":
      return { perPosition: plain.map((turn) => blended(turn, scaling.factor, llama3Share(turn, scaling))), magnitude: 1 };
    case "yarn": {
      const channel = (count: number): number => (dims * Math.log(scaling.originalTokens / (count * 2 * Math.PI))) / (2 * Math.log(base));
      const [fast, slow] = [channel(scaling.fastTurns), channel(scaling.slowTurns)];
      const first = Math.max(scaling.truncate ? Math.floor(fast) : fast, 0);
      const last = Math.min(scaling.truncate ? Math.ceil(slow) : slow, dims - 1);
      const kept = (i: number): number => 1 - clamp((i - first) / (first === last ? 0.001 : last - first));
      return { perPosition: plain.map((turn, i) => blended(turn, scaling.factor, kept(i))), magnitude: scaling.magnitude };
    }
  }
}

function llama3Share(turn: number, { originalTokens, slowTurns, fastTurns }: RotaryScaling & { readonly kind: "llama3" }): number {
  return clamp(((originalTokens * turn) / (2 * Math.PI) - slowTurns) / (fastTurns - slowTurns));
}

/** @param kept - share of the turn that is not divided */
function blended(turn: number, factor: number, kept: number): number {
  return kept * turn + (1 - kept) * (turn / factor);
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}
