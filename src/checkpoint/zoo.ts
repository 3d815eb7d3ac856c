/** Published models that are known by name: where their parts are, and what their files do not say. */
import type { PublishedDescription, PublishedPartName } from "./model-description.ts";
import { ideficsTraits } from "./published/recognise.ts";

/** Where a part is on the Hugging Face hub. */
export interface ZooPart {
  readonly repository: string;
  /** Default: `main`. */
  readonly revision?: string;
  /** The file of weights, where it is not called as transformers calls it. */
  readonly weights?: string;
  /** What else is needed. */
  readonly config?: string;
  readonly tokenizer?: string;
  /** As its page states it. */
  readonly licence: string;
}

export interface ZooModel {
  readonly traits: Pick<PublishedDescription, "published" | "addedTokens" | "markers" | "prompt">;
  readonly parts: Readonly<Partial<Record<PublishedPartName, ZooPart>>>;
}

const transformersFiles = { config: "config.json", tokenizer: "tokenizer.json" } as const;

/** @param language - the frozen language model's repository */
function openFlamingo(name: string, language: string, licence: string): [string, ZooModel] {
  const repository = `openflamingo/OpenFlamingo-${name}`;
  return [
    repository,
    {
      traits: {
        published: { kind: "openflamingo" },
        // In the order in which training added them; GPT-NeoX's tokenizer, which all these models have, has no token for padding.
        addedTokens: ["<|endofchunk|>", "<image>", "<PAD>"],
        markers: { image: "<image>", endOfChunk: "<|endofchunk|>" },
        prompt: { trim: false },
      },
      parts: {
        checkpoint: { repository, weights: "checkpoint.pt", licence: "MIT" },
        language: { repository: language, ...transformersFiles, licence },
        vision: { repository: "openai/clip-vit-large-patch14", config: "config.json", licence: "MIT" },
      },
    },
  ];
}

function idefics(name: string, extraTokens: 2 | 3): [string, ZooModel] {
  const repository = `HuggingFaceM4/${name}`;
  const licence = "LLaMA's non-commercial research licence for what comes from LLaMA, MIT for the rest";
  return [repository, { traits: ideficsTraits({ additional_vocab_size: extraTokens }), parts: { model: { repository, ...transformersFiles, licence } } }];
}

/** By the name of their repository. */
export const zoo: ReadonlyMap<string, ZooModel> = new Map([
  openFlamingo("3B-vitl-mpt1b", "anas-awadalla/mpt-1b-redpajama-200b", "Apache-2.0"),
  openFlamingo("3B-vitl-mpt1b-langinstruct", "anas-awadalla/mpt-1b-redpajama-200b-dolly", "CC-BY-SA-3.0"),
  openFlamingo("4B-vitl-rpj3b", "togethercomputer/RedPajama-INCITE-Base-3B-v1", "Apache-2.0"),
  openFlamingo("4B-vitl-rpj3b-langinstruct", "togethercomputer/RedPajama-INCITE-Instruct-3B-v1", "Apache-2.0"),
  // Its page states no licence; it is a copy of mosaicml/mpt-7b.
  openFlamingo("9B-vitl-mpt7b", "anas-awadalla/mpt-7b", "Apache-2.0, as mosaicml/mpt-7b, of which it is a copy"),
  idefics("idefics-9b", 2),
  idefics("idefics-9b-instruct", 3),
  idefics("idefics-80b", 2),
  idefics("idefics-80b-instruct", 3),
]);
