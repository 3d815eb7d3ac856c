/** Rows of the paper's table of ablations (Alayrac et al., 2022, table 3) at a size that fits. */
import { type FlamingoConfigInput, visionSizes } from "flamingo-vlm/model";
import type { TrainingConfigInput } from "flamingo-vlm/train";
import { allData } from "../paper/data-sets.ts";
import { type AblationSize, small, type Tower } from "./size.ts";

/** A row as `recipes/paper` has it: the model, and how its training differs. */
export interface PaperRow {
  readonly default: FlamingoConfigInput;
  readonly training?: {
    readonly data?: readonly { readonly name: string; readonly weight: number }[];
    readonly combine?: "round-robin";
    readonly languageWeights?: "pretrained" | "random";
    readonly visionWeights?: "pretrained" | "random";
  };
}

/** What each data set of the paper is here. */
const stands = { M3W: "pages", ALIGN: "names", LTIP: "captions", LAION: "noisy", VTP: "films" } as const;

/**
 * The training config of a row, for a file in `rows/`.
 * @param name - of the row, as its file in `recipes/paper` is called
 * @param size - in the place of the paper's 3 billion weights
 */
export function ablation(name: string, { default: model, training = {} }: PaperRow, size: AblationSize = small): TrainingConfigInput {
  const { data = allData, combine = "accumulation", languageWeights = "pretrained", visionWeights = "pretrained" } = training;
  const { width } = size.resampler;
  const tower = towerOf(model.vision);
  const fromScratch = languageWeights === "random";
  const resampler = typeof model.resampler === "string" ? { kind: model.resampler } : { kind: model.resampler.kind };
  return {
    name: `ablation-${name}`,
    model: {
      ...model,
      vision: size.towers[tower],
      language: size.language,
      resampler: { ...resampler, ...size.resampler, ...(resampler.kind === "mlp" ? {} : { heads: size.heads, headDim: width / size.heads }) },
      fusion: fusionOf(model.fusion, size),
    },
    stage: "flamingo",
    tokenizer: { file: size.begins.tokenizer },
    parts: { ...(visionWeights === "random" ? {} : { vision: size.begins.vision(tower) }), ...(fromScratch ? {} : { language: size.begins.language }) },
    preprocessing: size.pixels,
    data: data.map((set) => {
      const paper = set.name as keyof typeof stands;
      const { module, rows, weights, features } = size.data;
      return {
        kind: "module",
        name: set.name,
        module,
        weight: weights?.[paper] ?? set.weight,
        rows: rows[paper],
        options: { show: stands[paper] },
        ...(features === undefined ? {} : { features: features(tower) }),
      };
    }),
    combine,
    // A language model that is trained on from its pretrained weights is so at a tenth.
    optimiser: { ...size.optimiser, ...(model.freeze?.language === false && !fromScratch ? { rates: { language: 0.1 } } : {}) },
    train: size.train,
  };
}

function fusionOf(given: FlamingoConfigInput["fusion"], { fusion: { all, between }, grafted }: AblationSize): FlamingoConfigInput["fusion"] {
  const fusion = typeof given === "string" ? { kind: given } : given;
  if (fusion.kind === "grafting") return { ...fusion, ...all, layers: grafted };
  const single = "placement" in fusion && fusion.placement === "single";
  return { ...fusion, ...all, ...(single ? {} : between) };
}

/** The paper's encoder that a config has. */
function towerOf(vision: FlamingoConfigInput["vision"]): Tower {
  const name = (["nfnet-f6", "nfnet-f0", "clip-vit-l-14"] as const).find((each) => JSON.stringify(visionSizes[each]) === JSON.stringify(vision));
  if (name === undefined) throw new Error(`the ablations have no stand-in for the vision encoder ${JSON.stringify(vision)}`);
  return name;
}
