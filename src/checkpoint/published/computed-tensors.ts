/** Tensors that older versions of transformers (the last ones were 4.30 to 4.40) write although every model computes them from its config: harmless where they hold what is computed. */
import type { LanguageConfig } from "../../model/language/config.ts";
import { turns } from "../../nn/rotary-scaling.ts";
import type { Harmless } from "./weight-map.ts";

/** Published ones may be rounded to 16 bits, of which float16 has no digits below the step. */
const rounding = { relative: 0.01, step: 1e-7 };

type Computed = Omit<Harmless, "prefix">;

/** `[1, 1, positions, positions]`: each position sees itself and those before it. */
export function causalMask(names: RegExp): Computed {
  return {
    names,
    what: "the causal mask",
    shaped: ([one, another, rows, columns, ...more]) => one === 1 && another === 1 && rows === columns && more.length === 0,
    holds: (values, shape) => values.every((value: number | bigint, i: number) => Number(value) === Number(i % shape[3]! <= Math.floor(i / shape[3]!))),
  };
}

/** The score that hidden positions get: -10,000 (in bfloat16 -9984), -1e9, or in float16 no number any more. */
export function hiddenScore(names: RegExp): Computed {
  return { names, what: "the score of what the mask hides", shaped: ({ length }) => length === 0, holds: ([value]) => Number(value) < -9000 };
}

/** How fast pairs of channels turn in rotary positions. */
export function frequencies(names: RegExp, { positions, headDim }: LanguageConfig): Computed {
  const expected = positions.kind === "rotary" ? turns(headDim * positions.share, positions.base, positions.scaling).perPosition : [];
  return {
    names,
    what: "the frequencies of rotary positions",
    shaped: (shape) => shape.length === 1 && shape[0] === expected.length,
    holds: (values) => expected.every((value, i) => Math.abs(Number(values[i]) - value) <= rounding.relative * value + rounding.step),
  };
}

/** `[1, positions]`: the numbers of the positions. */
export function positionNumbers(names: RegExp): Computed {
  return { names, what: "the numbers of the positions", holds: (values) => values.every((value: number | bigint, i: number) => Number(value) === i) };
}
