/** Which blocks of the language model get a fusion layer. */
export interface Placement {
  /** `every`: one in every `every` blocks, the first at `offset`; `single`: one, in the middle (ablation v). */
  readonly placement: "every" | "single";
  readonly every: number;
  readonly offset: number;
}

/**
 * The blocks that get a fusion layer, in order. The paper starts with block 0 (`offset` 0); OpenFlamingo's layers sit at blocks
 * `i` with `(i + 1) mod every = 0`, which is `offset = every - 1`.
 */
export function fusedBlocks({ placement, every, offset }: Placement, blocks: number): readonly number[] {
  if (placement === "single") return [Math.floor(blocks / 2)];
  return Array.from({ length: blocks }, (_, block) => block).filter((block) => block >= offset && (block - offset) % every === 0);
}
