import { readTflite } from "./tflite.ts";

/** Where the weights lie in `@mediapipe/objectron`: a TensorFlow Lite detector of Open Images objects inside its packed assets. */
export const objectronModel = {
  file: "objectron_solution_packed_assets.data",
  start: 184,
  end: 9_987_912,
  sha256: "d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6",
} as const;

export interface Float16Tensor {
  readonly dtype: "float16";
  readonly shape: readonly number[];
  readonly data: Uint16Array;
}

const operatorCode = { convolution: 3, depthwise: 4, dequantize: 6 } as const;

/**
 * The weights of the detector's MobileNetV2 in the order and layout of PyTorch: [outputs, inputs per group, height, width].
 * @param bytes - the TensorFlow Lite model
 * @param parameters - path and shape of each weight (`vision.stem.weight`, …), in the order in which the network uses them, biases after their weights
 * @throws when the model does not hold such a network
 */
export function mobilenetWeights(bytes: Uint8Array, parameters: ReadonlyMap<string, readonly number[]>): ReadonlyMap<string, Float16Tensor> {
  const operators = readTflite(bytes);
  // Constants are stored as float16 and widened by operators of their own.
  const stored = new Map(operators.filter(({ code }) => code === operatorCode.dequantize).map(({ inputs, outputs }) => [outputs[0]!.name, inputs[0]!]));
  const convolutions = operators
    .filter(({ code }) => code === operatorCode.convolution || code === operatorCode.depthwise)
    .map(({ code, inputs }) => ({ depthwise: code === operatorCode.depthwise, kernel: stored.get(inputs[1]!.name)!, bias: stored.get(inputs[2]!.name)! }));
  const weights = new Map<string, Float16Tensor>();
  let next = 0;
  for (const [path, shape] of parameters) {
    if (!path.endsWith(".weight")) continue;
    // The detector's own heads come in between; they fit no shape of the backbone.
    const found = convolutions.findIndex(({ depthwise, kernel }, i) => i >= next && sameShape(torchShape(kernel.shape, depthwise), shape));
    if (found < 0) throw new Error(`the TensorFlow Lite model has no convolution [${shape.join(", ")}] for ${path}; it is another network`);
    next = found + 1;
    const { depthwise, kernel, bias } = convolutions[found]!;
    weights.set(path, { dtype: "float16", shape, data: toTorchLayout(halves(kernel.bytes), kernel.shape, depthwise) });
    weights.set(path.replace(/weight$/, "bias"), { dtype: "float16", shape: [shape[0]!], data: halves(bias.bytes) });
  }
  return weights;
}

/** [outputs, height, width, inputs], or [1, height, width, channels] where each channel is filtered by itself. */
function torchShape([outputs, height, width, inputs]: readonly number[], depthwise: boolean): number[] {
  return depthwise ? [inputs!, 1, height!, width!] : [outputs!, inputs!, height!, width!];
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

function halves(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.slice().buffer);
}

function toTorchLayout(values: Uint16Array, [outputs, height, width, inputs]: readonly number[], depthwise: boolean): Uint16Array {
  const [channels, perGroup] = depthwise ? [inputs!, 1] : [outputs!, inputs!];
  const positions = height! * width!;
  return Uint16Array.from(values, (_, i) => {
    const position = i % positions;
    const input = Math.floor(i / positions) % perGroup;
    const output = Math.floor(i / (positions * perGroup));
    return values[depthwise ? position * channels + output : (output * positions + position) * perGroup + input]!;
  });
}
