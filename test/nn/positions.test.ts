import { describe, expect, test } from "vitest";
import { input, type RotaryLayout, reshape, rotate, type Tensor } from "../../src/graph/graph.ts";
import { forbidden, lengthBias } from "../../src/nn/masks.ts";
import { alibiBias, alibiSlopes, rotaryAngles, tokenPositions } from "../../src/nn/positions.ts";
import { compile, floats, integers, noise } from "../model/support.ts";

/** Numbers of the plane's rotation by `angle`. */
const turned = (x: number, y: number, angle: number): [number, number] => [
  x * Math.cos(angle) - y * Math.sin(angle),
  y * Math.cos(angle) + x * Math.sin(angle),
];

function expectClose(found: Float32Array, expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
}

async function rotated(positions: number[], layout: RotaryLayout, values: number[], dims: number): Promise<Float32Array> {
  const x = input("x", "float32", [1, positions.length, 6]);
  const angles = rotaryAngles(input("positions", "float32", [1, positions.length]), dims, 100);
  const run = await compile({ y: rotate(x, 1, angles, layout) });
  return (await run({ x: floats([1, positions.length, 6], values), positions: floats([1, positions.length], positions) }))["y"]!;
}

describe("rotary positions", () => {
  // Four of six channels turn: two pairs, by position · 100^0 and position · 100^(-1/2).
  const values = [1, 2, 3, 4, 5, 6];

  test("half: channel i turns with channel i + dims/2", async () => {
    const [a, c] = turned(1, 3, 7);
    const [b, d] = turned(2, 4, 0.7);
    expectClose(await rotated([7], "half", values, 4), [a, b, c, d, 5, 6]);
  });

  test("interleaved: neighbours turn together", async () => {
    expectClose(await rotated([7], "interleaved", values, 4), [...turned(1, 2, 7), ...turned(3, 4, 0.7), 5, 6]);
  });

  test.each(["half", "interleaved"] as const)(
    "%s: heads of rows that stand elsewhere turn by their own angles, as precisely as float32 can",
    async (layout) => {
      const [heads, headDim, dims] = [3, 20, 16];
      const places = [
        [3, 900, 41],
        [250, 0, 7],
      ];
      const shape = [places.length, places[0]!.length, heads * headDim];
      const x = noise(
        shape.reduce((a, b) => a * b),
        1,
      );
      const angles = rotaryAngles(input("positions", "float32", [2, 3]), dims, 10000);
      const run = await compile({ y: rotate(input("x", "float32", shape), heads, angles, layout), cosine: angles.cosine, sine: angles.sine });
      const { y, cosine, sine } = await run({ x: floats(shape, x), positions: floats([2, 3], places.flat()) });
      const expected = Float64Array.from(x);
      for (let row = 0; row < x.length / headDim; row++) {
        const token = Math.floor(row / heads);
        for (let pair = 0; pair < dims / 2; pair++) {
          const [first, second] = layout === "half" ? [pair, pair + dims / 2] : [2 * pair, 2 * pair + 1];
          const [a, b] = [x[row * headDim + first]!, x[row * headDim + second]!];
          const [c, s] = [cosine![(token * dims) / 2 + pair]!, sine![(token * dims) / 2 + pair]!];
          const angle = places.flat()[token]! * 10000 ** ((-2 * pair) / dims);
          expect(c).toBeCloseTo(Math.cos(angle), 4);
          expect(s).toBeCloseTo(Math.sin(angle), 4);
          expected[row * headDim + first] = a * c - b * s;
          expected[row * headDim + second] = b * c + a * s;
        }
      }
      expect(Math.max(...expected.map((value, i) => Math.abs(value - y![i]!)))).toBeLessThan(2e-7);
    },
  );

  test("position 0 does not turn", async () => {
    expectClose(await rotated([0], "half", values, 6), values);
  });

  test("an odd number of channels is refused", () => {
    expect(() => rotaryAngles(input("positions", "float32", [1, 2]), 3, 100)).toThrow(/3 channels cannot be taken in pairs/);
  });
});

describe("ALiBi", () => {
  test("slopes of the paper: 8 heads, and 12, which take every second one of 16", () => {
    expect(alibiSlopes(8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((k) => 2 ** -k));
    expect(alibiSlopes(12)).toEqual([...[1, 2, 3, 4, 5, 6, 7, 8].map((k) => 2 ** -k), ...[0.5, 1.5, 2.5, 3.5].map((k) => 2 ** -k)]);
    expect(alibiSlopes(1)).toEqual([2 ** -8]);
  });

  test("the bias falls with distance and hides the future", async () => {
    const bias = (await (await compile({ bias: alibiBias(tokenPositions(3), 2) }))({}))["bias"]!;
    const row = (slope: number): number[] => [0, forbidden, forbidden, -slope, 0, forbidden, -2 * slope, -slope, 0];
    expectClose(bias, [...row(2 ** -4), ...row(2 ** -8)]);
  });
});

describe("positions beside a cache", () => {
  async function evaluate(tensor: Tensor, pastLengths: number[]): Promise<number[]> {
    const run = await compile({ tensor });
    return [...(await run({ pastLengths: integers([pastLengths.length], pastLengths) }))["tensor"]!].map(Number);
  }

  test("go on after each row's own past, and hide what of the cache is not valid", async () => {
    const positions = tokenPositions(2, { pastLengths: input("pastLengths", "int64", [2]), past: 3 });
    expect(await evaluate(positions.tokens, [1, 3])).toEqual([1, 2, 3, 4]);
    expect(await evaluate(positions.queries, [1, 3])).toEqual([1, 2, 3, 4]);
    const [sees, hides] = [0, forbidden];
    expect(await evaluate(positions.causal, [1, 3])).toEqual(
      [
        [sees, hides, hides, sees, hides],
        [sees, hides, hides, sees, sees],
        [sees, sees, sees, sees, hides],
        [sees, sees, sees, sees, sees],
      ].flat(),
    );
  });

  test("lengths hide padding", async () => {
    expect(await evaluate(reshape(lengthBias(input("pastLengths", "int64", [2]), 3), [2, 3]), [1, 3])).toEqual([0, forbidden, forbidden, 0, 0, 0]);
  });
});
