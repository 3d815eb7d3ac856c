/**
 * How far the fusion layers' gates are open: `|tanh(alpha)|`, as the paper's figure 6 shows them; of a gate for each channel the mean. Named by the path of alpha between "fusion." and ".alpha".
 * @returns undefined where none are trained
 */
export function openGates(weights: ReadonlyMap<string, Float32Array>): Readonly<Record<string, number>> | undefined {
  const gates = [...weights].flatMap(([path, alpha]) => {
    const name = /^fusion\.(.*)\.alpha$/.exec(path)?.[1];
    return name === undefined ? [] : [[name, alpha.reduce((sum, each) => sum + Math.abs(Math.tanh(each)), 0) / alpha.length] as const];
  });
  return gates.length === 0 ? undefined : Object.fromEntries(gates);
}
