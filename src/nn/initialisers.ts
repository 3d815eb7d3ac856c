/** How parameters begin: descriptions to declare them with, and the numbers that a description stands for. */
import { type Initialiser, parameterAttributes, type Tensor } from "../graph/graph.ts";

export const zeros: Initialiser = { kind: "constant", value: 0 };
export const ones: Initialiser = { kind: "constant", value: 1 };

/** Every element `value`. */
export function constantly(value: number): Initialiser {
  return { kind: "constant", value };
}

/** Normal distribution around 0. */
export function normal(standardDeviation: number): Initialiser {
  return { kind: "normal", standardDeviation };
}

/** Uniform distribution between `-bound` and `bound`. */
export function uniform(bound: number): Initialiser {
  return { kind: "uniform", bound };
}

/** Keeps the variance of a sum over `inputs` terms at 1 (LeCun); the default of {@link ./linear.ts | Linear}. */
export function scaledNormal(inputs: number): Initialiser {
  return normal(1 / Math.sqrt(inputs));
}

/**
 * The first values of a parameter. They depend on the seed and the parameter's path alone, so that adding a layer to a model
 * leaves the values of all others as they were.
 */
export function initialValues(tensor: Tensor, seed: number): Float32Array {
  const { path, shape, initialiser } = parameterAttributes(tensor);
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (initialiser.kind === "constant") return values.fill(initialiser.value);
  const random = randomUniform(seed, path);
  if (initialiser.kind === "uniform") return values.map(() => (2 * random() - 1) * initialiser.bound);
  return values.map(() => initialiser.standardDeviation * normalSample(random));
}

/** sfc32, a small fast generator that passes PractRand; uniform in [0, 1). */
function randomUniform(seed: number, path: string): () => number {
  let hash = 0x811c9dc5; // FNV-1a
  for (const character of path) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  let [a, b, c, counter] = [hash | 0, seed | 0, Math.floor(seed / 0x1_0000_0000) | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  };
  for (let i = 0; i < 16; i++) next(); // similar seeds are told apart only after some rounds
  return next;
}

/** Box and Muller. */
function normalSample(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
