import { expect, test } from "vitest";
import { parseFlamingoConfig } from "../../src/model/config.ts";
import { withoutDefaults } from "../../src/model/strict-config.ts";

const { default: nano } = await import("../../recipes/nano/model.ts");

test("what has to be said of a config is the same whatever of its defaults is said, and is that config", () => {
  const said = withoutDefaults(nano, parseFlamingoConfig);
  expect(withoutDefaults(parseFlamingoConfig(nano), parseFlamingoConfig)).toEqual(said);
  expect(parseFlamingoConfig(said)).toEqual(parseFlamingoConfig(nano));
  expect(said["vision"]).toEqual({ classes: 1000, kind: "efficientnet-lite" });
  expect(Object.keys(said)).toEqual(["fusion", "language", "resampler", "vision"]);
});

test("what is no default stays, also below others", () => {
  const other = { ...nano, vision: { ...nano.vision, padding: "symmetric" }, freeze: { language: false } };
  const said = withoutDefaults(other, parseFlamingoConfig);
  expect(said["vision"]).toEqual({ classes: 1000, kind: "efficientnet-lite", padding: "symmetric" });
  expect(said["freeze"]).toEqual({ language: false });
});
