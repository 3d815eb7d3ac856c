/**
 * Addresses of the embedded model's files, by their names. Bundlers look for this very expression, `new URL` of a literal text, and put what it names beside the page's scripts; a page fetches them
 * only when it loads the model.
 */
export const nanoFiles: Readonly<Record<string, string>> = {
  "flamingo.json": new URL("../../../models/nano/flamingo.json", import.meta.url).href,
  "tokenizer.json": new URL("../../../models/nano/tokenizer.json", import.meta.url).href,
  "vision.safetensors": new URL("../../../models/nano/vision.safetensors", import.meta.url).href,
  "resampler.safetensors": new URL("../../../models/nano/resampler.safetensors", import.meta.url).href,
  "fusion.safetensors": new URL("../../../models/nano/fusion.safetensors", import.meta.url).href,
  "language.safetensors": new URL("../../../models/nano/language.safetensors", import.meta.url).href,
};
