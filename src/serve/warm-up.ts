import type { Flamingo } from "../generate/flamingo-model.ts";
import { image } from "../generate/medium.ts";

/** Compiles everything that an answer needs, which takes seconds the first time, so that whoever asks first does not wait for it. */
export async function warmUp(model: Flamingo): Promise<void> {
  const [height, width] = model.folder.preprocessing.size;
  const grey = image({ width, height, data: new Uint8ClampedArray(3 * width * height).fill(128) });
  const set = await model.supportSet([{ media: grey, text: "grey" }]);
  await model.generateText([set, grey], { maxTokens: 2 });
  await set.dispose();
}
