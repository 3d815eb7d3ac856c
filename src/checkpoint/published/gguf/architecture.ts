/** What an architecture of llama.cpp's GGUF files is: the names of its tensors, and what its metadata mean where architectures differ. */
import type { LanguageConfigInput } from "../../../model/language/config.ts";
import type { TensorNames } from "../language/family.ts";
import type { GgufMetadata } from "./keys.ts";

export type Scaling = "none" | "linear" | "yarn" | "longrope";

export interface GgufArchitecture {
  /** Our layers below a block. */
  readonly layers: TensorNames["layers"];
  /** The layer that holds the gate above what it gates. */
  readonly gateAndUp?: string;
  readonly activation: "swiGlu" | "geGlu";
  /** Which channels of a head turn together: llama.cpp's converter makes them neighbours in some architectures. */
  readonly layout: "half" | "interleaved";
  /** How positions may be stretched. */
  readonly scalings: readonly Scaling[];
  /** The tensor with a divisor for each pair of channels, where a file may have one. */
  readonly divisors?: string;
  /** Those that take its place beyond the original context length, for the whole document. */
  readonly longDivisors?: string;
  /** Whether a part of each head may turn alone. */
  readonly partial?: boolean;
  /**
   * What is done with a window that the metadata name. Left aside, where llama.cpp's versions differ in it or leave it out: then longer documents are refused, for shorter ones are the same with and without it.
   */
  readonly window: "used" | "left aside" | "refused";
  /** Keys, without the architecture's name, that are read here and must be neutral in other architectures. */
  readonly reads?: readonly string[];
  /** What differs from LLaMA. */
  readonly config?: (metadata: GgufMetadata) => Partial<LanguageConfigInput>;
}
