/** What is the same in every model of OpenFlamingo's code, and what may differ from one to the next. */
import type * as z from "zod";
import { type FlamingoConfig, parseFlamingoConfig } from "../../model/config.ts";
import { type LanguageConfig, type LanguageConfigInput, languageConfig } from "../../model/language/config.ts";
import type { clipVitConfig } from "../../model/vision/clip-vit.ts";
import { CheckpointError, firstTen } from "../errors.ts";
import { differences } from "../same-config.ts";
import type { LanguageFamily } from "./language/family.ts";
import { gpt2Family } from "./language/gpt2.ts";
import { llamaFamily } from "./language/llama.ts";
import { mosaicFamily, mptFamily } from "./language/mpt.ts";
import { neoxFamily } from "./language/neox.ts";
import { optFamily } from "./language/opt.ts";

interface Heads {
  readonly heads: number;
  readonly headDim: number;
}

export interface OpenFlamingoParts {
  readonly vision: z.input<typeof clipVitConfig>;
  readonly language: LanguageConfigInput;
  readonly resampler: Heads & { readonly layers: number; readonly latents: number; readonly frames: number };
  readonly fusion: Heads & { readonly every: number };
}

export function openFlamingoConfig({ vision, language, resampler, fusion }: OpenFlamingoParts): FlamingoConfig {
  return parseFlamingoConfig({
    vision,
    resampler: { kind: "perceiver", width: vision.width, ...resampler, activation: "gelu", finalNorm: true },
    language,
    fusion: {
      kind: "gated-cross-attention-dense",
      ...fusion,
      offset: fusion.every - 1,
      activation: "gelu",
      mediaNorm: false,
      mediaProjection: "none",
    },
  });
}

/**
 * @param name - what errors call the model
 * @returns the family of its language model
 * @throws CheckpointError naming the first ten options that OpenFlamingo's code does not have
 */
export function openFlamingoFamily(config: FlamingoConfig, name: string): LanguageFamily {
  const { vision, resampler, fusion, language } = config;
  const { family, config: expectedLanguage } = nearestFamily(language);
  const kinds = { vision: { kind: "clip-vit" }, resampler: { kind: "perceiver" }, fusion: { kind: "gated-cross-attention-dense" } };
  let problems = differences(kinds, { vision: { kind: vision.kind }, resampler: { kind: resampler.kind }, fusion: { kind: fusion.kind } });
  if (vision.kind === "clip-vit" && resampler.kind === "perceiver" && fusion.kind === "gated-cross-attention-dense") {
    const { heads = language.heads, headDim = language.headDim, every } = fusion;
    const expected = openFlamingoConfig({
      vision: { ...vision, activation: vision.activation === "gelu" ? "gelu" : "quickGelu", hidden: 4 * vision.width, ...unnormalised },
      language: expectedLanguage,
      resampler: { heads: resampler.heads, headDim: resampler.headDim, layers: resampler.layers, latents: resampler.latents, frames: resampler.frames },
      fusion: { heads, headDim, every },
    });
    problems = differences(
      {
        ...expected,
        // What weights begin with is no matter once they are trained.
        resampler: { ...expected.resampler, hidden: 4 * resampler.width, inputProjection: false, latentsDeviation: resampler.latentsDeviation },
        fusion: { ...expected.fusion, hidden: 4 * language.width, gateInitial: fusion.gateInitial },
        freeze: config.freeze,
      },
      config,
    );
  }
  if (problems.length > 0)
    throw new CheckpointError(
      firstTen(
        `OpenFlamingo's code has no model like ${name}`,
        problems.map(({ key, given, asked }) => `${key} is ${JSON.stringify(asked)}, there it is ${JSON.stringify(given)}`),
      ),
    );
  return family;
}

/** Features are taken before the last norm, without the class token. */
const unnormalised = { classToken: false, finalNorm: false, normEpsilon: 1e-5 } as const;

const noBias = { attention: false, feedForward: false, norm: false };

/** The family that a config is of, and what it would be if nothing but what differs within the family were as it is. */
function nearestFamily(ours: LanguageConfig): { readonly family: LanguageFamily; readonly config: LanguageConfig } {
  const { vocabulary, extraTokens, width, blocks, heads, hidden, maxTokens, normEpsilon, tiedEmbeddings, positions, residual, keyHeads, headDim } = ours;
  const sizes = { vocabulary, extraTokens, width, blocks, heads, hidden, maxTokens, queryKeyScale: ours.queryKeyScale };
  // As transformers offers them beside the gated one.
  const activation = (["gelu", "geluTanh", "relu", "silu"] as const).find((each) => each === ours.activation) ?? "gelu";
  const of = (family: LanguageFamily, rest: Omit<LanguageConfigInput, keyof typeof sizes>): ReturnType<typeof nearestFamily> => ({
    family,
    config: languageConfig.parse({ ...sizes, ...rest }),
  });
  if (positions.kind === "alibi") {
    const mosaic = ours.queryKeyNorm === "all";
    return of(mosaic ? mosaicFamily : mptFamily, { positions, queryKeyNorm: mosaic ? "all" : "none", bias: noBias, normEpsilon });
  }
  if (positions.kind === "learnt") {
    return positions.offset === 0
      ? of(gpt2Family, { positions, activation, normEpsilon, tiedEmbeddings })
      : of(optFamily, { positions: { kind: "learnt", offset: 2 }, activation, tiedEmbeddings });
  }
  const rotary = positions.kind === "rotary" ? { base: positions.base, share: positions.share } : {};
  if (ours.norm === "rms") {
    const scaling = positions.kind === "rotary" && positions.scaling !== undefined ? { scaling: positions.scaling } : {};
    const turned = { kind: "rotary", ...rotary, ...scaling, share: 1 } as const;
    return of(llamaFamily, { positions: turned, keyHeads, headDim, norm: "rms", normEpsilon, activation: "swiGlu", bias: noBias, tiedEmbeddings });
  }
  return of(neoxFamily, { positions: { kind: "rotary", ...rotary }, activation, residual, normEpsilon, tiedEmbeddings });
}
