import { describe, expect, test } from "vitest";
import { input, toOnnx } from "../../src/graph/graph.ts";
import { createResampler, resamplerConfig } from "../../src/model/resampler/create-resampler.ts";
import { visionFeatures } from "../../src/model/resampler/resampler.ts";
import { ClassEvidence } from "../../src/model/vision/class-evidence.ts";
import { createVisionEncoder, visionConfig } from "../../src/model/vision/vision.ts";
import { initialValues } from "../../src/nn/initialisers.ts";
import { Scope } from "../../src/nn/scope.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/runtime.ts";
import reference from "../fixtures/vision/class-evidence.json" with { type: "json" };

/** As the reference script makes them. */
function sines(first: number, shape: readonly number[], factor = 1): HostTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return { dtype: "float32", shape, data: Float32Array.from({ length: count }, (_, i) => factor * Math.fround(Math.sin(0.7 * i + first))) };
}

async function run(
  output: Parameters<typeof toOnnx>[0]["outputs"][string],
  weights: ReadonlyMap<string, HostTensor>,
  feeds: Record<string, HostTensor>,
): Promise<HostTensor> {
  const runtime = await createRuntime({ device: "cpu", worker: false, threads: 1 });
  try {
    const { result } = await (await runtime.compile(toOnnx({ outputs: { result: output } }), weights)).run(feeds);
    return result!;
  } finally {
    await runtime.dispose();
  }
}

const values = (scope: Scope): Map<string, HostTensor> =>
  new Map(
    [...scope.parameters()].map(([path, parameter]) => {
      const shape = parameter.shape as readonly number[];
      return [path, { dtype: "float32", shape, data: initialValues(parameter, 7) }];
    }),
  );

test("what a classifier says is what PyTorch's layers give, with zeros after it", async () => {
  const { images, inputs, height, width, classes, probabilities } = reference;
  const scope = new Scope();
  const evidence = new ClassEvidence(scope.child("classifier"), { classes, inputs, width: 4 });
  const weights = new Map([
    ["classifier.weight", sines(2, [classes, inputs], 3)],
    ["classifier.bias", sines(3, [classes])],
  ]);
  const map = sines(1, [images, inputs, height, width]);
  const { shape, data } = await run(evidence.forward(input("map", "float32", ["images", inputs, height, width])), weights, { map });
  expect(shape).toEqual([images, 3, 4]);
  const expected = probabilities.flatMap((row) => [...row, 0]);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - (data[i] as number))))).toBeLessThan(1e-6);
});

describe.each([
  ["MobileNetV2", { kind: "mobilenet-v2", imageSize: 32, features: ["stride32"] }],
  ["EfficientNet-Lite", { kind: "efficientnet-lite", imageSize: 32, features: ["head"] }],
  ["NFNet", { kind: "nfnet", imageSize: 32, depths: [1, 1, 1, 1], channels: [8, 8, 8, 8], stem: [4, 4, 8, 8], groupSize: 4, width: 16 }],
])("%s with its classifier", (_, config) => {
  const classes = 37;
  const build = (asked: number) => {
    const scope = new Scope();
    const encoder = createVisionEncoder(scope.child("vision"), visionConfig.parse({ ...config, classes: asked }));
    return { scope, encoder, features: encoder.forward(input("pixels", "float32", ["images", 3, 32, 32])) };
  };

  test("has the grid that it has without, and rows of probabilities after it", async () => {
    const [plain, asked] = [build(0), build(classes)];
    const weights = values(asked.scope);
    const pixels = sines(1, [2, 3, 32, 32]);
    const ofPlain = new Map([...weights].filter(([path]) => plain.scope.parameters().has(path)));
    const [without, both] = [await run(plain.features, ofPlain, { pixels }), await run(asked.features, weights, { pixels })];
    const { width, spatial } = asked.encoder;
    expect(both.shape).toEqual([2, spatial, width]);
    expect(plain.encoder.spatial).toBe(1);
    for (const image of [0, 1]) {
      const rows = (both.data as Float32Array).subarray(image * spatial * width, (image + 1) * spatial * width);
      const grid = (without.data as Float32Array).subarray(image * width, (image + 1) * width);
      expect(Math.max(...grid.map((value, i) => Math.abs(value - rows[i]!)))).toBeLessThan(1e-5);
      const probabilities = rows.subarray(width, width + classes);
      expect(probabilities.every((each) => each > 0)).toBe(true);
      expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
      expect(rows.subarray(width + classes).every((each) => each === 0)).toBe(true);
    }
  });
});

describe.each(["perceiver", "mlp", "transformer"])("the resampler %s", (kind) => {
  test("sees the classifier's verdict as one more position, whatever rows it fills", async () => {
    const scope = new Scope();
    const vision = { visionWidth: 8, spatial: 4 + 2, classes: 11 };
    const resampler = createResampler(
      scope,
      resamplerConfig.parse({ kind, width: 12, layers: 1, latents: 3, frames: 2, ...(kind === "mlp" ? {} : { heads: 2, headDim: 4 }) }),
      vision,
    );
    const output = resampler.forward(input("features", "float32", ["media", "frames", 6, 8]));
    const weights = values(scope);
    expect(weights.get("input.evidence.weight")?.shape).toEqual([12, 11]);
    const features = sines(1, [1, 1, 6, 8]);
    const changed = (at: number): HostTensor => ({ ...features, data: (features.data as Float32Array).map((value, i) => (i === at ? value + 1 : value)) });
    const [before, verdict, beyond] = [
      await run(output, weights, { features }),
      await run(output, weights, { features: changed(4 * 8 + 10) }),
      await run(output, weights, { features: changed(4 * 8 + 11) }),
    ];
    expect(verdict.data).not.toEqual(before.data);
    // Zeros follow the last class; what stands there is nobody's.
    expect(beyond.data).toEqual(before.data);
  });
});

test("an encoder without a classifier has no such rows, and its resampler no such weights", () => {
  const scope = new Scope();
  const encoder = createVisionEncoder(scope.child("vision"), visionConfig.parse({ kind: "efficientnet-lite" }));
  createResampler(scope.child("resampler"), resamplerConfig.parse({ kind: "perceiver", width: 8, layers: 1 }), visionFeatures(encoder));
  expect([encoder.spatial, encoder.classes]).toEqual([36, 0]);
  expect([...scope.parameters().keys()].filter((path) => /classifier|evidence|vision\.head/.test(path))).toEqual([]);
  expect(() => visionConfig.parse({ kind: "clip-vit", classes: 1000 })).toThrow(/classes/);
});
