import { expect, test } from "vitest";
import fusion from "../../../recipes/small/fusion.ts";
import fusionNames from "../../../recipes/small/fusion-names.ts";
import { parseTrainingConfig } from "../../../src/train/training-config.ts";

test.each([
  [fusion, { "new names": 8, "names and questions": 8, sentences: 6 }],
  [fusionNames, { "new names": 2, "names and questions": 16, sentences: 1 }],
])("$name shows so many documents of each kind in a step, and says the licence of what it trains", (config, rows) => {
  const { data, origins } = parseTrainingConfig(config);
  expect(Object.fromEntries(data.map((source) => [source.name, source.rows]))).toEqual(rows);
  for (const part of ["resampler", "fusion"] as const) expect(origins[part]?.licence).toBe("Apache-2.0");
});
