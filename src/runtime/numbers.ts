import { platform } from "#runtime-platform";
import { RuntimeError } from "./errors.ts";
import { arrayOf, byteLengthOf, type FileTensor, type HostTensor, type WeightTensor } from "./host-tensor.ts";

/** What floats of a graph may be: all of them finite; or scores, where -Infinity is the logarithm of a probability of 0. */
export type NumberRule = "finite" | "scores";

/** Whether NaN or an Infinity that the rule does not allow is among them. One pass over the values, without a function call for each: it is done for every token. */
export function holdsNoNumbers({ data }: Pick<HostTensor, "data">, rule: NumberRule = "finite"): boolean {
  // All ones in the exponent. Bit patterns of float16 are scales of weights, which are never scores.
  if (data instanceof Uint16Array) return data.some((bits) => (bits & 0x7c00) === 0x7c00);
  if (!(data instanceof Float32Array)) return false;
  const lowest = rule === "finite" ? -Number.MAX_VALUE : Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) if (!(data[i]! >= lowest && data[i]! < Number.POSITIVE_INFINITY)) return true;
  return false;
}

const advice = "fetch, convert or train the model again";

/**
 * All weights, those that are mapped too. What the graph gives would not show every one: a layer that clips makes an ordinary number of Infinity, and a product that rounds its inputs to
 * 8 bits makes some of NaN, which a scale of blocks that is NaN gives to the next layer.
 * @throws RuntimeError naming the first that is no number
 */
export async function checkWeights(label: string, weights: readonly (readonly [path: string, tensor: WeightTensor])[], rule: NumberRule): Promise<void> {
  for (const [path, weight] of weights)
    if ("data" in weight ? holdsNoNumbers(weight, rule) : await mapsNoNumbers(weight, rule))
      throw new RuntimeError(`${label}: its weight ${path} holds values that are no numbers (NaN or Infinity), so its file is damaged; ${advice}`);
}

/** Mapped weights in which everything was a number. */
const foundGood: Readonly<Record<NumberRule, WeakSet<FileTensor>>> = { finite: new WeakSet(), scores: new WeakSet() };

async function mapsNoNumbers(weight: FileTensor, rule: NumberRule): Promise<boolean> {
  if (!/^float/.test(weight.dtype) || foundGood[rule].has(weight)) return false;
  const array = arrayOf[weight.dtype];
  for await (const { buffer, byteOffset, byteLength } of platform.piecesOf!(weight.file, byteLengthOf(weight)))
    if (holdsNoNumbers({ data: new array(buffer, byteOffset, byteLength / array.BYTES_PER_ELEMENT) }, rule)) return true;
  foundGood[rule].add(weight);
  return false;
}

/**
 * What a graph gives. Values that are no numbers come of damaged weights, or of an overflow; whatever is computed from them looks like an answer.
 * @throws RuntimeError naming the graph and the output
 */
export function checkOutputs(label: string, outputs: Readonly<Record<string, HostTensor>>, rule: NumberRule): void {
  const broken = Object.keys(outputs).find((name) => holdsNoNumbers(outputs[name]!, rule));
  if (broken !== undefined)
    throw new RuntimeError(
      `${label} gave values that are no numbers (NaN or Infinity) as ${broken}: its weights are damaged, or too large for its arithmetic; ${advice}`,
    );
}
