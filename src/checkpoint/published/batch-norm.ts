/** Batch norms as they are when nothing is trained any more: a factor and a shift for each channel, folded into the convolution before them. */
import type { Put } from "./vision-names.ts";
import type { Harmless } from "./weight-map.ts";

/** @param from - the convolution, which has no bias @param norm - the batch norm that follows it */
export function foldedConvolution(put: Put, prefix: string, path: string, [from, norm]: readonly [from: string, norm: string], epsilon: number): void {
  const [factor, mean, variance] = ["weight", "running_mean", "running_var"].map((name) => `${prefix}${norm}.${name}`) as [string, string, string];
  put(`${path}.weight`, `${from}.weight`, {
    madeWith: { tensors: [factor, variance], make: (values, [factors, variances]) => scaled(values, scaleOf(factors!, variances!, epsilon)) },
  });
  put(`${path}.bias`, `${norm}.bias`, {
    madeWith: {
      tensors: [factor, variance, mean],
      make: (values, [factors, variances, means]) => {
        const scale = scaleOf(factors!, variances!, epsilon);
        return values.map((value, channel) => value - means![channel]! * scale[channel]!);
      },
    },
  });
}

/** How many batches each norm has seen. */
export const batchCounts: Omit<Harmless, "prefix"> = { names: /\.num_batches_tracked$/, what: "how many batches a norm has seen" };

function scaleOf(factors: Float32Array, variances: Float32Array, epsilon: number): Float64Array {
  return Float64Array.from(factors, (factor, channel) => factor / Math.sqrt(variances[channel]! + epsilon));
}

/** @param values - [channels, …] */
function scaled(values: Float32Array, scale: Float64Array): Float32Array {
  const each = values.length / scale.length;
  return values.map((value, i) => value * scale[Math.floor(i / each)]!);
}
