import type { Fusion } from "../model/fusion/fusion.ts";
import type { HostTensor } from "../runtime/runtime.ts";

/** What the language model gives where it reads tokens, and what its fusion layers look at there. */
export interface ObservedTokens {
  /** Of what comes after each token: float32 [tokens][vocabulary]. */
  readonly scores: readonly Float32Array[];
  readonly layers: readonly ObservedLayer[];
}

/** One fusion layer. */
export interface ObservedLayer {
  /** The language model's block that it belongs to. */
  readonly block: number;
  /** tanh(alpha): one number, or one for each channel. */
  readonly gates: { readonly attention: Float32Array; readonly feedForward?: Float32Array };
  /** [tokens][heads*seen*latents]: `seen` is 1, the last medium, or all media. */
  readonly attention: readonly Float32Array[];
}

/** @param steps - what the graph with attention gave, step after step: for `rows` tokens each */
export function observedTokens(steps: readonly Readonly<Record<string, HostTensor>>[], { placed }: Fusion): ObservedTokens {
  const rows = (name: string): Float32Array[] =>
    steps.flatMap((outputs) => Array.from({ length: outputs[name]!.shape[0]! }, (_, row) => rowOf(outputs[name]!, row)));
  const gate = (name: string): Float32Array => steps[0]![name]!.data as Float32Array;
  const layers = placed.map(({ block, gates }, j): ObservedLayer => {
    const feedForward = gates.feedForward === undefined ? {} : { feedForward: gate(`gate.${j}.feedForward`) };
    return { block, gates: { attention: gate(`gate.${j}.attention`), ...feedForward }, attention: rows(`attention.${j}`) };
  });
  return { scores: rows("logits"), layers };
}

/** Row `row` of the first axis. */
export function rowOf({ shape, data }: HostTensor, row: number): Float32Array {
  const size = data.length / shape[0]!;
  return (data as Float32Array).subarray(row * size, (row + 1) * size);
}
