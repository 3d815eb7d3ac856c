import { describe, expect, test } from "vitest";
import { input } from "../../src/graph/graph.ts";
import { type ActivationName, activations } from "../../src/nn/activation.ts";
import { FeedForward } from "../../src/nn/feed-forward.ts";
import { LayerNorm, RmsNorm } from "../../src/nn/norm.ts";
import { Scope } from "../../src/nn/scope.ts";
import { compile, floats, largestDifference, random, weightsOf } from "../model/support.ts";

describe("activations", () => {
  // PyTorch 1.13: gelu(x), gelu(x, approximate="tanh"), x * sigmoid(1.702 * x), relu(x), relu(x) ** 2, silu(x) of torch.nn.functional.
  const points = [-3, -1, -0.25, 0, 0.5, 2];
  test.each<[ActivationName, number[]]>([
    ["gelu", [-0.0040499, -0.1586553, -0.1003234, 0, 0.3457312, 1.9545]],
    ["geluTanh", [-0.0036374, -0.158808, -0.1003246, 0, 0.345714, 1.9545977]],
    ["quickGelu", [-0.0180713, -0.1542042, -0.0988003, 0, 0.3503884, 1.9356586]],
    ["relu", [0, 0, 0, 0, 0.5, 2]],
    ["squaredRelu", [0, 0, 0, 0, 0.25, 4]],
    ["silu", [-0.1422776, -0.2689414, -0.1094559, 0, 0.3112297, 1.7615941]],
    ["swiGlu", [-0.1422776, -0.2689414, -0.1094559, 0, 0.3112297, 1.7615941]],
  ])("%s", async (name, expected) => {
    const run = await compile({ y: activations[name](input("x", "float32", ["count"])) });
    expect(largestDifference((await run({ x: floats([6], points) }))["y"]!, expected)).toBeLessThan(1e-6);
  });
});

describe("feed-forward layer", () => {
  test.each([
    ["relu", true, ["up.weight", "up.bias", "down.weight", "down.bias"]],
    ["swiGlu", false, ["gate.weight", "up.weight", "down.weight"]],
  ] as const)("%s declares %s", (activation, bias, paths) => {
    const scope = new Scope();
    new FeedForward(scope, { width: 4, activation, bias });
    expect([...scope.parameters().keys()]).toEqual(paths);
    expect(scope.parameters().get("up.weight")!.shape).toEqual([16, 4]);
  });
});

describe("norms", () => {
  const x = input("x", "float32", ["rows", 5]);
  const fed = random([3, 5], 1);
  const rows = [0, 5, 10].map((start) => [...(fed.data as Float32Array).subarray(start, start + 5)]);
  const average = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

  test("without scale and bias nothing is declared and the plain norm remains", async () => {
    const scope = new Scope();
    const layer = new LayerNorm(scope.child("layer"), { width: 5, scale: false, bias: false, epsilon: 1e-3 });
    const rms = new RmsNorm(scope.child("rms"), { width: 5, scale: false, epsilon: 1e-3 });
    expect(scope.parameters().size).toBe(0);
    const found = await (await compile({ layer: layer.forward(x), rms: rms.forward(x) }))({ x: fed });
    const centred = rows.map((row) => row.map((value) => value - average(row)));
    const normed = (row: number[]): number[] => row.map((value) => value / Math.sqrt(average(row.map((v) => v * v)) + 1e-3));
    expect(largestDifference(found["layer"]!, centred.flatMap(normed))).toBeLessThan(1e-5);
    expect(largestDifference(found["rms"]!, rows.flatMap(normed))).toBeLessThan(1e-5);
  });

  test("scale and bias act on channels", async () => {
    const scope = new Scope();
    const layer = new LayerNorm(scope, { width: 5 });
    const plain = new LayerNorm(scope.child("plain"), { width: 5, scale: false, bias: false });
    const weights = weightsOf(scope.parameters().values(), (path, values) => values.map((_, i) => (path === "scale" ? i : 10 * i)));
    const found = await (await compile({ layer: layer.forward(x), plain: plain.forward(x) }))({ ...weights, x: fed });
    expect(
      largestDifference(
        found["layer"]!,
        found["plain"]!.map((value, i) => value * (i % 5) + 10 * (i % 5)),
      ),
    ).toBeLessThan(1e-5);
  });
});
