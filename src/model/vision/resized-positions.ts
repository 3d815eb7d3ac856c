/** Learnt positions of a vision transformer for pictures of another size than it was trained with. */

/** Of the cubic kernel, as in PyTorch: without and with antialiasing. */
const [sharp, smooth] = [-0.75, -0.5];

/**
 * Bicubic interpolation of the grid; what belongs to class tokens stays. It is that of transformers' `interpolate_pos_encoding`.
 * @param antialiased - as timm and DINOv2 with registers do it: over as many neighbours as a smaller grid leaves out
 * @param positions - [classTokens + rows², width]
 * @param wanted - rows of the larger or smaller grid
 * @returns [classTokens + wanted², width]
 */
export function resizedPositions(positions: Float32Array, classTokens: number, width: number, wanted: number, antialiased = false): Float32Array {
  const rows = Math.sqrt(positions.length / width - classTokens);
  if (!Number.isInteger(rows)) throw new Error(`${positions.length / width} positions are no square beside ${classTokens} class tokens`);
  const grid = positions.subarray(classTokens * width);
  const taps = Array.from({ length: wanted }, (_, i) => (antialiased ? smoothTaps(i, rows, wanted) : tapsOf(((i + 0.5) * rows) / wanted - 0.5, rows)));
  const result = new Float32Array((classTokens + wanted ** 2) * width);
  result.set(positions.subarray(0, classTokens * width));
  taps.forEach((down, y) => {
    taps.forEach((across, x) => {
      const start = (classTokens + y * wanted + x) * width;
      for (const [row, ofRow] of down)
        for (const [column, ofColumn] of across)
          for (let channel = 0; channel < width; channel++) result[start + channel]! += ofRow * ofColumn * grid[(row * rows + column) * width + channel]!;
    });
  });
  return result;
}

type Taps = readonly (readonly [index: number, weight: number])[];

/** Four neighbours of a place and what each counts; beyond the edge lies the edge again. */
function tapsOf(place: number, rows: number): Taps {
  const first = Math.floor(place);
  return [-1, 0, 1, 2].map((offset) => [Math.min(rows - 1, Math.max(0, first + offset)), cubic(Math.abs(place - first - offset), sharp)]);
}

/** Neighbours under a kernel that is as wide as a place of the smaller grid; beyond the edge there is nothing. */
function smoothTaps(i: number, rows: number, wanted: number): Taps {
  const scale = Math.max(1, rows / wanted);
  const centre = ((i + 0.5) * rows) / wanted;
  const first = Math.max(0, Math.trunc(centre - 2 * scale + 0.5));
  const end = Math.min(rows, Math.trunc(centre + 2 * scale + 0.5));
  const weights = Array.from({ length: end - first }, (_, at) => cubic(Math.abs(first + at - centre + 0.5) / scale, smooth));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight, at) => [first + at, weight / sum]);
}

function cubic(distance: number, sharpness: number): number {
  if (distance <= 1) return (sharpness + 2) * distance ** 3 - (sharpness + 3) * distance ** 2 + 1;
  return distance >= 2 ? 0 : sharpness * (distance ** 3 - 5 * distance ** 2 + 8 * distance - 4);
}
