/** The package as it is published, in a project that has nothing else. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { beforeAll, describe, expect, inject, test } from "vitest";

const { folder, tarball, files } = inject("consumer");
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
const picture = (name: string): string => join(folder, `public/${name}.webp`);

/** What npm links as `flamingo`, or a program of the project. */
function run(script: string, parameters: readonly string[] = []): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(folder, script), ...parameters], { cwd: folder, encoding: "utf8" });
}

test("it holds what it needs at run time, and nothing else", () => {
  const tops = new Set(files.map((file) => file.replace(/\/.*/, "")));
  expect([...tops].sort()).toEqual(["LICENSE", "NOTICE", "README.md", "bin", "dist", "docs", "examples", "models", "package.json", "recipes"]);
  expect(files.filter((file) => /\.test\.|\.map$|(?<!\.d)\.ts$/.test(file) && !/^(?:examples|recipes)\//.test(file))).toEqual([]);
});

test("the command says its version, and answers; so does a program that imports it", async () => {
  expect(run("node_modules/.bin/flamingo", ["--version"]).stdout).toBe(`${version}\n`);
  const asked = ["ask", "--json", "--shot", `${picture("A")}=a dax`, "--shot", `${picture("B")}=a blick`, "--image", picture("C")];
  const { text } = JSON.parse(run("node_modules/.bin/flamingo", asked).stdout) as { text: string };
  expect(text).toBe("a blick");
  await writeFile(
    join(folder, "ask.mjs"),
    `import { Flamingo, image } from "flamingo-vlm";
const model = await Flamingo.load("nano");
const task = await model.supportSet([{ media: image("public/A.webp"), text: "a dax" }, { media: image("public/B.webp"), text: "a blick" }]);
console.log(await model.generateText([task, image("public/C.webp")]));
await model.dispose();`,
  );
  expect(run("ask.mjs")).toEqual(expect.objectContaining({ status: 0, stdout: `${text}\n`, stderr: "" }));
});

test("a program imports it by each of its public names", async () => {
  const { exports } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { exports: Record<string, unknown> };
  const names = Object.keys(exports).filter((name) => !name.endsWith(".json"));
  await writeFile(join(folder, "names.mjs"), names.map((name) => `await import("${name.replace(".", "flamingo-vlm")}");`).join("\n"));
  expect(run("names.mjs")).toEqual(expect.objectContaining({ status: 0, stderr: "" }));
});

test("nano is measured with the suite that comes with it", () => {
  const { status, stdout } = run("node_modules/.bin/flamingo", [
    "evaluate",
    "--suite",
    "nano",
    "--limit",
    "1",
    "--baselines",
    "0",
    "--only",
    "2-way",
    "--json",
  ]);
  expect(status).toBe(0);
  const { results } = JSON.parse(stdout) as { results: { answerer: string }[] };
  expect(results.some(({ answerer }) => answerer === "model")).toBe(true);
});

describe("a recipe", () => {
  const recipes = "node_modules/flamingo-vlm/recipes";

  test("where it lies says that it is to be copied", () => {
    for (const args of [
      ["params", `${recipes}/paper/vi-mlp.ts`],
      ["data", `${recipes}/nano/data.ts`],
    ]) {
      const { status, stderr } = run("node_modules/.bin/flamingo", args);
      expect(stderr).toMatch(/cannot be loaded: Node runs no TypeScript in node_modules; copy its folder into your project\n$/);
      expect(status).toBe(2);
    }
  });

  test("runs once it is copied", async () => {
    await cp(join(folder, recipes), join(folder, "recipes"), { recursive: true });
    expect(run("node_modules/.bin/flamingo", ["params", "recipes/paper/vi-mlp.ts"]).status).toBe(0);
    const suite = ["evaluate", "--suite", "recipes/nano/suite.ts", "--limit", "1", "--baselines", "0", "--only", "2-way"];
    expect(run("node_modules/.bin/flamingo", suite).status).toBe(0);
  });

  test("of one's own, as the recipe's page has it, makes a model that answers", async () => {
    const page = await readFile(join(folder, recipes, "nano/README.md"), "utf8");
    await writeFile(join(folder, "my-pictures.ts"), /```ts\n(import [\s\S]*?)```/.exec(page)![1]!);
    const [data] = /^data: .*$/m.exec(page)!;
    await writeFile(
      join(folder, "my-config.ts"),
      `import type { TrainingConfigInput } from "flamingo-vlm/train";
import nano, { nanoPixels } from "./recipes/nano/model.ts";
const models = "node_modules/flamingo-vlm/models/nano";
export default {
  name: "mine",
  model: nano,
  stage: "flamingo",
  tokenizer: { file: \`\${models}/tokenizer.json\` },
  parts: { vision: \`\${models}/vision.safetensors\`, resampler: \`\${models}/resampler.safetensors\`, language: \`\${models}/language.safetensors\` },
  preprocessing: nanoPixels,
  ${data.replace('folder: "pictures"', `folder: "${recipes.replace("recipes", "models/nano/drawings/noto")}"`)},
  optimiser: { learningRate: 1e-4 },
  train: { steps: 1, seed: 1 },
} satisfies TrainingConfigInput;
`,
    );
    for (const args of [
      ["train", "my-config.ts"],
      ["pack", "runs/mine", "--out", "my-model"],
      ["ask", "--model", "my-model", "--shot", `${picture("A")}=a dax`, "--image", picture("B")],
    ])
      expect([args[0], run("node_modules/.bin/flamingo", args).status]).toEqual([args[0], 0]);
  });
});

describe("where onnxruntime-node is not there, because npm left it out, it says what to do", () => {
  beforeAll(async () => {
    const [there, away] = ["node_modules/onnxruntime-node", "node_modules/.onnxruntime-node"].map((path) => join(folder, path)) as [string, string];
    await rename(there, away);
    return () => rename(away, there);
  });

  test.each(["auto", "cpu"])("with --device %s", (device) => {
    const { status, stderr } = run("node_modules/.bin/flamingo", ["ask", "--image", picture("A"), "--device", device]);
    expect(stderr).toMatch(/^flamingo: onnxruntime-node is not installed: .* Run `npm install --ignore-scripts` in the project .*\n$/);
    expect(status).toBe(1);
  });

  test("and what needs no model runs", () => {
    expect(run("node_modules/.bin/flamingo", ["params", "--size", "flamingo-3b"]).status).toBe(0);
  });
});

describe("its types", () => {
  const typescript = fileURLToPath(import.meta.resolve("typescript/package.json"));
  const program = `import { Flamingo, type GenerateOptions, image, type SupportSet } from "flamingo-vlm";
const model = await Flamingo.load("nano", { device: "cpu" });
const task: SupportSet = await model.supportSet([{ media: image("A.webp"), text: "a dax" }]);
const options: GenerateOptions = {};
export const answer: string = await model.generateText([task, image("C.webp")], options);
// @ts-expect-error: a number is no name of a model
await Flamingo.load(7);
`;

  // Their configs' types are zod's, which knows addresses (URL).
  const recipe = `import { Random } from "flamingo-vlm/data";
import type { OpenSuite } from "flamingo-vlm/evaluate";
import { writeWhole } from "flamingo-vlm/files";
import { parseFlamingoConfig } from "flamingo-vlm/model";
import type { TrainingConfigInput } from "flamingo-vlm/train";
export const random: Random = new Random(1);
export const config: TrainingConfigInput["stage"] = "language";
export const suite: OpenSuite = async () => ({ tasks: [], fileOf: (name) => name });
export const write: Promise<void> = writeWhole("x", parseFlamingoConfig({}).vision.kind);
`;

  test.each([
    ["nodenext", "nodenext", ["es2022"]],
    ["nodenext", "nodenext", ["es2024", "dom"]],
    ["esnext", "bundler", ["es2022"]],
    ["esnext", "bundler", ["es2024", "dom"]],
  ])("compile with %s, %s and %j, libraries checked too", async (module, moduleResolution, lib) => {
    const project = join(folder, `types-${module}-${lib.join("-")}`);
    await mkdir(project);
    const compilerOptions = {
      module,
      moduleResolution,
      lib,
      target: "es2022",
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    await writeFile(join(project, "program.ts"), lib.includes("dom") ? program + recipe : program);
    const { stdout, status } = spawnSync(process.execPath, [join(dirname(typescript), "bin/tsc"), "-p", project], { encoding: "utf8" });
    expect([stdout, status]).toEqual(["", 0]);
  });
});

test("publint has nothing to say", async () => {
  const { messages } = await publint({ pack: { tarball: new Uint8Array(await readFile(tarball)).buffer } });
  expect(messages).toEqual([]);
});

test("attw has nothing to say but that the package is of ES modules", async () => {
  const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(await readFile(tarball))));
  expect(checked.types).not.toBe(false);
  // What its profile `esm-only` leaves out.
  const old = ["node10", "node16-cjs"];
  const problems = "problems" in checked ? checked.problems : [];
  expect(problems.filter((problem) => !("resolutionKind" in problem) || !old.includes(problem.resolutionKind))).toEqual([]);
});
