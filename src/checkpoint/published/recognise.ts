/** Published models that come without a `flamingo.json`, known by their files. */
import { CheckpointError } from "../errors.ts";
import type { PublishedDescription } from "../model-description.ts";
import { refuseOtherArchitecture } from "./other-architectures.ts";

/** Names of weights in repositories of the hub, the best first: an index and what belongs to it, or one file. */
const weightFiles = [
  { weights: "model.safetensors.index.json", shards: /^model-\d+-of-\d+\.safetensors$/ },
  { weights: "model.safetensors" },
  { weights: "pytorch_model.bin.index.json", shards: /^pytorch_model-\d+-of-\d+\.bin$/ },
  { weights: "pytorch_model.bin" },
  { weights: "open_clip_model.safetensors" },
  { weights: "open_clip_pytorch_model.bin" },
] as const;

/** What says how pictures are prepared, where it is there: a file of its own, or version 5's file of all processors. */
export const processorFiles = ["preprocessor_config.json", "processor_config.json"] as const;

/** Which file of weights (or index of several) a folder has. Undefined: none. */
export async function findWeights(has: (file: string) => Promise<boolean>): Promise<string | undefined> {
  for (const { weights } of weightFiles) if (await has(weights)) return weights;
  return undefined;
}

/**
 * What must be fetched of a repository for its weights: one kind of file of several that hold the same.
 * @param names - all files of the repository
 * @throws CheckpointError when there are none
 */
export function filesOfWeights(names: readonly string[], repository: string): { readonly weights: string; readonly files: readonly string[] } {
  const found = weightFiles.find(({ weights }) => names.includes(weights));
  if (found === undefined)
    throw new CheckpointError(`${repository} has no weights under a name that is known: ${weightFiles.map(({ weights }) => weights).join(", ")}`);
  const shards = "shards" in found ? names.filter((name) => found.shards.test(name)) : [];
  return { weights: found.weights, files: [found.weights, ...shards] };
}

/** What IDEFICS says of itself, apart from its files. The model needs no more tokens than its config has rows for: the -instruct ones have a third. */
export function ideficsTraits(config: unknown): Pick<PublishedDescription, "published" | "addedTokens" | "markers" | "prompt"> {
  const instruct = (config as { additional_vocab_size?: unknown }).additional_vocab_size === 3;
  const markers = { image: "<image>", start: "<s>", aroundImage: "<fake_token_around_image>" };
  return {
    published: { kind: "idefics" },
    addedTokens: [markers.aroundImage, markers.image, ...(instruct ? ["<end_of_utterance>"] : [])],
    markers: { ...markers, endOfChunk: instruct ? "<end_of_utterance>" : "</s>" },
    prompt: { trim: true, ...(instruct ? {} : { exampleEnd: "\n" }) },
  };
}

/**
 * @param location - the folder, or what errors call the repository
 * @param config - the content of its config.json; undefined when there is none
 * @throws CheckpointError when it is a model, but not a whole Flamingo
 */
export function checkIsIdefics(location: string, config: unknown, hasCheckpoint: boolean): void {
  const type = (config as { model_type?: unknown } | null | undefined)?.model_type;
  if (type === "idefics") return;
  refuseOtherArchitecture(type, location);
  if (hasCheckpoint)
    throw new CheckpointError(
      `${location} is what OpenFlamingo trained (checkpoint.pt), without the language model and the vision encoder that it was trained with: get released models by name with \`flamingo pull\`; for one of your own write a flamingo.json that names the parts "checkpoint", "language" and "vision"`,
    );
  throw new CheckpointError(
    `${location} is a model of the type ${JSON.stringify(type)}, not a visual language model that is known: whole models are idefics, and OpenFlamingo's with a flamingo.json that names their parts`,
  );
}
