import { openWeightsAt, widened } from "flamingo-vlm/files";
import { imagenetClasses } from "./class-names.ts";

/**
 * How alike the class vectors of a frozen classifier are, which tells what it takes for what: cosines without what all of them have in common, [classes, classes].
 * @param vision - weights of the vision encoder
 * @throws Error when they hold no classifier of ImageNet's classes
 */
export async function readAlikeness(vision: string): Promise<Float32Array> {
  const opened = await openWeightsAt(vision);
  try {
    const weight = opened.file.weights.get("vision.classifier.weight");
    if (weight?.shape[0] !== imagenetClasses)
      throw new Error(
        `${vision} holds no classifier of ${imagenetClasses} classes, which the recipe learns confusions from; "python tools/reference/efficientnet_lite.py" writes one`,
      );
    return cosines(widened(await weight.load()).data as Float32Array, weight.shape[1]!);
  } finally {
    await opened.close();
  }
}

function cosines(vectors: Float32Array, width: number): Float32Array {
  const count = vectors.length / width;
  const mean = new Float64Array(width);
  for (let i = 0; i < vectors.length; i++) mean[i % width]! += vectors[i]! / count;
  const units = Array.from({ length: count }, (_, row) => {
    const centred = Float64Array.from({ length: width }, (_, i) => vectors[row * width + i]! - mean[i]!);
    const length = Math.hypot(...centred);
    return centred.map((value) => value / length);
  });
  const alike = new Float32Array(count * count);
  for (let row = 0; row < count; row++) {
    for (let column = row; column < count; column++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += units[row]![i]! * units[column]![i]!;
      alike[row * count + column] = sum;
      alike[column * count + row] = sum;
    }
  }
  return alike;
}
