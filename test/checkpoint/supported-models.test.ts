/** The table of what loads: it names every family that is read, and says nothing that was not measured. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { measuredDifferences } from "../../src/checkpoint/measured-differences.ts";
import { publishedLanguageConfig } from "../../src/checkpoint/published/language-config.ts";
import { publishedVision } from "../../src/checkpoint/published/vision-config.ts";
import { refusedModels, supportedModels } from "../../src/checkpoint/supported-models.ts";
import { largestDifference, modelsDocument } from "../../src/cli/models.ts";
import { runFlamingo } from "../cli/run-flamingo.ts";

/** Types that an error says are supported. */
function supportedIn(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    return /supported are ([\w, ]+)/.exec((error as Error).message)![1]!.trim().split(", ");
  }
  throw new Error("it was read");
}

const listed = (part: string): string[] => supportedModels.flatMap((model) => (model.part === part && model.files === "hub" ? model.types : []));

test("names every type of language model and of tower that is read from transformers' folders", () => {
  expect(listed("language").sort()).toEqual(supportedIn(() => publishedLanguageConfig({ model_type: "x" }, "x")).sort());
  expect(listed("vision").sort()).toEqual(supportedIn(() => publishedVision({ model_type: "x" }, "x")).sort());
});

test.each(["vit_base_patch16_224", "dm_nfnet_f0", "efficientnet_lite0", "tf_efficientnet_lite4", "mobilenetv2_100", "mobilenetv3_small_100", "tf_mobilenetv3_large_100"])(
  "names timm's %s",
  (architecture) => {
    expect(() => publishedVision({ architecture }, "x")).not.toThrow();
    const names = supportedModels.flatMap(({ files, types }) => (files === "timm" ? types : []));
    expect(names.some((name) => architecture.startsWith(name))).toBe(true);
  },
);

test.each(supportedModels.map((model) => [`${model.name} (${model.files})`, model] as const))("%s was compared with its authors' code", (_, model) => {
  expect(model.compared.filter((name) => measuredDifferences[name] === undefined)).toEqual([]);
  expect(largestDifference(model)).toBeLessThan(1e-4);
});

test("docs/models.md is what the table says (tools/models-document.ts writes it)", async () => {
  expect(await readFile("docs/models.md", "utf8")).toBe(modelsDocument());
});

test("flamingo models prints it, for people and for programs", async () => {
  const text = await runFlamingo(["models"]);
  expect(text.code).toBe(0);
  expect(text.stdout).toMatch(/DINOv2, with registers or without +vision +hub +transformers 5\.24 +\de-\d/);
  expect(text.stdout).toMatch(/SmolVLM puts pictures among the text as tokens.*In its place: join/);
  const { stdout } = await runFlamingo(["models", "--json"]);
  const { loads, refused } = JSON.parse(stdout) as { loads: { name: string; difference: number }[]; refused: unknown[] };
  expect(loads.map(({ name }) => name)).toEqual(supportedModels.map(({ name }) => name));
  expect(loads.every(({ difference }) => difference > 0)).toBe(true);
  expect(refused).toHaveLength(refusedModels.length);
});
