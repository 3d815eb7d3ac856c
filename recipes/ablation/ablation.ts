/** Rows of the paper's table of ablations (Alayrac et al., 2022, table 3) at a size that fits. */
import { type FlamingoConfigInput, visionSizes } from "flamingo-vlm/model";
import type { TrainingConfigInput } from "flamingo-vlm/train";
import { allData } from "../paper/data-sets.ts";
import { type AblationSize, small } from "./size.ts";

/** A row as `recipes/paper` has it: the model, and how its training differs. */
export interface PaperRow {
  readonly default: FlamingoConfigInput;
  readonly training?: {
    readonly data?: readonly { readonly name: string; readonly weight: number }[];
    readonly combine?: "round-robin";
    readonly languageWeights?: "pretrained" | "random";
  };
}

type Tower = keyof AblationSize["towers"];

/** What each data set of the paper is here. */
const stands = { M3W: "pages", ALIGN: "names", LTIP: "captions", LAION: "noisy", VTP: "films" } as const;

/** What all encoders here are shown: colours from 0 to 1 about a half. */
export const pixels = { fit: "squash", mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] } as const;

/** Where the parts that a row begins with come from: runs of `language.ts` and of `vision-….ts`. */
export const languageRun = "ablation-language";
export const visionRun = (tower: Tower): string => `ablation-${tower}`;

/**
 * The training config of a row, for a file in `rows/`.
 * @param name - of the row, as its file in `recipes/paper` is called
 * @param size - in the place of the paper's 3 billion weights
 */
export function ablation(name: string, { default: model, training = {} }: PaperRow, size: AblationSize = small): TrainingConfigInput {
  const { data = allData, combine = "accumulation", languageWeights = "pretrained" } = training;
  const { width } = size.resampler;
  const tower = towerOf(model.vision);
  const fromScratch = languageWeights === "random";
  const resampler = typeof model.resampler === "string" ? { kind: model.resampler } : { kind: model.resampler.kind };
  const fusion = typeof model.fusion === "string" ? { kind: model.fusion } : model.fusion;
  return {
    name: `ablation-${name}`,
    model: {
      ...model,
      vision: size.towers[tower],
      language: size.language,
      resampler: { ...resampler, ...size.resampler, ...(resampler.kind === "mlp" ? {} : { heads: size.heads, headDim: width / size.heads }) },
      fusion: { ...fusion, ...(fusion.kind === "grafting" ? { layers: size.grafted } : {}) },
    },
    stage: "flamingo",
    tokenizer: { file: `runs/${languageRun}/tokenizer.json` },
    parts: {
      vision: `runs/${visionRun(tower)}/vision.safetensors`,
      ...(fromScratch ? {} : { language: `runs/${languageRun}/language.safetensors` }),
    },
    preprocessing: pixels,
    data: data.map((set) => {
      const stand = set.name as keyof typeof stands;
      return {
        kind: "module",
        name: set.name,
        module: "../source.ts",
        weight: set.weight,
        rows: size.rows[stand],
        options: { show: stands[stand] },
      };
    }),
    combine,
    // A language model that is trained on from its pretrained weights is so at a tenth.
    optimiser: { ...size.optimiser, ...(model.freeze?.language === false && !fromScratch ? { rates: { language: 0.1 } } : {}) },
    train: size.train,
  };
}

/** The paper's encoder that a config has. */
function towerOf(vision: FlamingoConfigInput["vision"]): Tower {
  const name = (["nfnet-f6", "nfnet-f0", "clip-vit-l-14"] as const).find((each) => JSON.stringify(visionSizes[each]) === JSON.stringify(vision));
  if (name === undefined) throw new Error(`the ablations have no stand-in for the vision encoder ${JSON.stringify(vision)}`);
  return name;
}
