import { type Flamingo, image, type Medium } from "flamingo-vlm";

/**
 * Logarithms of probabilities may differ by so much. Sums in another order differ by a sixth of it on a software WebGPU, and not at all with another number of threads; a product that leaves out eight of its rows, by more than all of it wherever that was tried (test/playground/self-test.test.ts).
 */
export const tolerance = 0.02;

const size = 192;
const choices = ["a dax", "a blick", "red", "a dog on the grass"];

/** Pixels, so that no decoder is tested as well: waves of colours. */
function waves(across: number, down: number): Medium {
  const data = Uint8ClampedArray.from({ length: size * size * 3 }, (_, i) => {
    const [place, channel] = [Math.floor(i / 3), i % 3];
    const phase = (across * (place % size) + down * Math.floor(place / size)) / size;
    return Math.round(127.5 + 127.5 * Math.sin(2 * Math.PI * phase + 2 * channel));
  });
  return image({ width: size, height: size, data });
}

/** Goes through all that an answer goes through: pictures, examples, a question, and choices of several tokens. @returns the logarithm of each choice's probability */
export async function selfTestScores(model: Flamingo): Promise<readonly number[]> {
  const examples = await model.supportSet([
    { media: waves(1, 3), text: "a dax" },
    { media: waves(5, 0), text: "a blick" },
  ]);
  try {
    return (await model.score([examples, waves(1, 2)], choices)).map(({ logProbability }) => logProbability);
  } finally {
    await examples.dispose();
  }
}

/** How far the scores of a model are at most from those that were stored. */
export async function selfTestDifference(model: Flamingo, stored: readonly number[]): Promise<number> {
  return Math.max(...(await selfTestScores(model)).map((score, i) => Math.abs(score - stored[i]!)));
}
