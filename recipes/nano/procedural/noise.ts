/** A random number from 0 to 1 at each point of a grid: smooth between them (value noise). */
export function noise(x: number, y: number, z: number, seed: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const layer = Math.floor(z);
  const across = smooth(x - column);
  const down = smooth(y - row);
  const through = smooth(z - layer);
  let sum = 0;
  for (let corner = 0; corner < 8; corner++) {
    const right = corner & 1;
    const below = (corner >> 1) & 1;
    const behind = corner >> 2;
    const share = (right ? across : 1 - across) * (below ? down : 1 - down) * (behind ? through : 1 - through);
    if (share > 0) sum += share * gridValue(column + right, row + below, layer + behind, seed);
  }
  return sum;
}

/** Noise at several scales, each half as large as the one before, from 0 to 1. */
export function cloud(x: number, y: number, z: number, seed: number, octaves: number): number {
  let sum = 0;
  let size = 1;
  let total = 0;
  for (let octave = 0; octave < octaves; octave++) {
    sum += size * noise(x / size, y / size, z / size, seed + octave);
    total += size;
    size /= 2;
  }
  return sum / total;
}

function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}

function gridValue(x: number, y: number, z: number, seed: number): number {
  let hash = Math.imul(x, 374761393) ^ Math.imul(y, 668265263) ^ Math.imul(z, 1274126177) ^ Math.imul(seed, 2246822519);
  hash = Math.imul(hash ^ (hash >>> 13), 1274126177);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
