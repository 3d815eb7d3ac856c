/** The package as it is published, in a project that has nothing else. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
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
    await writeFile(join(project, "program.ts"), program);
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
