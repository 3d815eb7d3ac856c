import { describe, expect, test } from "vitest";
import { Scope } from "../../nn/scope.ts";
import { countParameters } from "../parameters.ts";
import { parseConfig } from "../strict-config.ts";
import { languageConfig } from "./config.ts";
import { LanguageModel } from "./language-model.ts";
import { type LanguageSize, languageSizes } from "./sizes.ts";

function count(size: LanguageSize): number {
  const scope = new Scope();
  new LanguageModel(scope.child("language"), parseConfig(languageConfig, languageSizes[size], size));
  return countParameters([...scope.weights()].map(([, tensor]) => tensor));
}

describe("parameter counts", () => {
  // Totals as the families' authors or their model cards publish them.
  test.each<[LanguageSize, number]>([
    ["gpt2", 124_439_808],
    ["smollm2-135m", 134_515_008],
    ["opt-1.3b", 1_315_758_080],
    ["pythia-1b", 1_011_781_632],
    ["llama-7b", 6_738_415_616],
    ["mpt-7b", 6_649_286_656],
    ["redpajama-3b", 2_775_864_320],
    ["gpt-neox-20b", 20_554_567_680],
  ])("%s has %i", (size, published) => {
    expect(count(size)).toBe(published);
  });

  test.each<[LanguageSize, string]>([
    ["mpt-1b", "1.3"],
    ["chinchilla-1.4b", "1.4"],
    ["chinchilla-7b", "7.1"],
    ["chinchilla-7b-40-blocks", "8.9"],
    ["chinchilla-70b", "70.1"],
  ])("%s has %sB", (size, billions) => {
    expect((count(size) / 1e9).toFixed(1)).toBe(billions);
  });
});
