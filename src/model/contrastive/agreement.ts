import { add, divide, iota, logSoftmax, maximum, mean, multiply, negate, sqrt, square, sum, type Tensor, takeAlongLast, transpose } from "../../graph/graph.ts";

/**
 * How badly pairs agree (paper, appendix B.1.3): the mean of both directions' cross-entropy, where of all columns the row's own is the right one, and the other way round.
 * @param logits - similarities over the temperature, [pairs, pairs]
 * @param labelSmoothing - share of each label that is spread over all others
 */
export function disagreement(logits: Tensor, labelSmoothing: number): Tensor {
  const pairs = logits.shape[0]!;
  const crossEntropy = (scores: Tensor): Tensor => {
    const logProbabilities = logSoftmax(scores);
    const right = takeAlongLast(logProbabilities, iota(pairs)); // [pairs]
    const spread = mean(logProbabilities, 1);
    return negate(mean(add(multiply(right, 1 - labelSmoothing), multiply(spread, labelSmoothing)), 0));
  };
  return multiply(add(crossEntropy(logits), crossEntropy(transpose(logits, [1, 0]))), 0.5);
}

/** @param x - [rows, width] */
export function ofLengthOne(x: Tensor): Tensor {
  const length = sqrt(maximum(sum(square(x), 1, { keepDims: true }), 1e-12));
  return divide(x, length);
}
