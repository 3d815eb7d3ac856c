import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { drawingStyles } from "../../../recipes/nano/drawings/styles.ts";
import { type SplitManifest, splitOf } from "../../../recipes/nano/things/split.ts";

const manifest = JSON.parse(await readFile(new URL("../../../recipes/nano/split.json", import.meta.url), "utf8")) as SplitManifest & {
  groups: Record<string, string>;
};

test("the committed split is what the hash says", () => {
  const parts = Map.groupBy(Object.entries(manifest.groups), ([, group]) => splitOf(group));
  const ids = (part: "heldOut" | "validation"): string[] => (parts.get(part) ?? []).map(([id]) => id).sort();
  expect(ids("heldOut")).toEqual(manifest.heldOut);
  expect(ids("validation")).toEqual(manifest.validation);
  expect(manifest.heldOut.length).toBeGreaterThan(150);
});

test("a group lies on one side", () => {
  const side = new Map<string, boolean>();
  const heldOut = new Set(manifest.heldOut);
  for (const [id, group] of Object.entries(manifest.groups)) {
    expect(side.get(group) ?? heldOut.has(id), `${id} of ${group}`).toBe(heldOut.has(id));
    side.set(group, heldOut.has(id));
  }
});

test("share-alike styles are never trained on", () => {
  for (const style of drawingStyles) {
    if (style.licence.includes("-SA-")) expect(style.use, style.id).toBe("evaluationOnly");
  }
  expect(manifest.heldOutStyles).toEqual(["fxemoji"]);
  expect(manifest.evaluationOnlyStyles).toEqual(["openmoji", "emojione-v1"]);
});
