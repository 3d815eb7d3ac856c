/** What the package promises in Node, from the oldest one that it supports: each public name gives what its source does, and nano answers in every way that a program is started. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { findLowestNode, lowestNodeVersion } from "../../tools/lowest-node.ts";
import { namesOfSources, namesProgram, publicNames } from "./public-names.ts";

const { folder } = inject("consumer");
const names = await publicNames(folder);
const lowest = findLowestNode();
const nodes = [{ node: process.execPath, version: process.version.slice(1) }, ...(lowest === undefined ? [] : [{ node: lowest, version: lowestNodeVersion }])];

const picture = (name: string): string => JSON.stringify(join(folder, `public/${name}.webp`));
/** What a program does with what it has imported, in any kind of module. */
const asking = `async function ask() {
  const model = await Flamingo.load("nano");
  const task = await model.supportSet([{ media: image(${picture("A")}), text: "a dax" }, { media: image(${picture("B")}), text: "a blick" }]);
  console.log(await model.generateText([task, image(${picture("C")})]));
  await model.dispose();
}
ask().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
`;

const programs: Readonly<Record<string, string>> = {
  "names.mjs": `import names from "./names-module.mjs";\nconsole.log(JSON.stringify(await names));\n`,
  "names-module.mjs": namesProgram(names),
  "asking.mjs": `import { Flamingo, image } from "flamingo-vlm";\n${asking}`,
  "asking.cjs": `const { Flamingo, image } = require("flamingo-vlm");\n${asking}`,
  "in-worker.mjs": `import { Worker } from "node:worker_threads";\nnew Worker(new URL("./asking.mjs", import.meta.url));\n`,
};

let programsFolder: string;
beforeAll(async () => {
  programsFolder = await mkdtemp(join(folder, "programs-"));
  for (const [file, content] of Object.entries(programs)) await writeFile(join(programsFolder, file), content);
  const common: BuildOptions = { bundle: true, platform: "node", logLevel: "error", entryPoints: [join(programsFolder, "asking.mjs")] };
  await build({ ...common, format: "esm", packages: "external", outfile: join(programsFolder, "bundled.mjs") });
  await build({ ...common, format: "cjs", packages: "external", outfile: join(programsFolder, "bundled.cjs") });
  await build({ ...common, format: "esm", external: ["koffi", "onnxruntime-node", "sharp"], outfile: join(programsFolder, "taken-in.mjs") });
});

function run(node: string, program: string): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(node, [join(programsFolder, program)], { cwd: programsFolder, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("the table of public names has those that package.json exports", () => {
  const { exports } = JSON.parse(readFileSync(join(folder, "node_modules/flamingo-vlm/package.json"), "utf8")) as {
    exports: Readonly<Record<string, unknown>>;
  };
  const exported = Object.keys(exports).filter((name) => !name.endsWith(".json"));
  expect(names.map(({ name }) => name).toSorted()).toEqual(exported.map((name) => name.replace(".", "flamingo-vlm")).toSorted());
});

test("the oldest Node is the one that package.json asks for", () => {
  const { engines } = JSON.parse(readFileSync(join(folder, "node_modules/flamingo-vlm/package.json"), "utf8")) as { engines: { node: string } };
  expect(`${engines.node}.0`).toBe(`>=${lowestNodeVersion}`);
});

describe.each(nodes)("Node $version", ({ node, version }) => {
  test("is the one", () => {
    expect(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout).toBe(`v${version}\n`);
  });

  test("each public name gives what its source does", async () => {
    const { status, stdout, stderr } = run(node, "names.mjs");
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual(await namesOfSources(names));
  });

  test.each([
    ["a module", "asking.mjs"],
    ["a program that requires it", "asking.cjs"],
    ["a worker thread", "in-worker.mjs"],
    ["what esbuild makes of a module", "bundled.mjs"],
    ["what esbuild makes of a module for require", "bundled.cjs"],
  ])("nano answers in %s", (_, program) => {
    expect(run(node, program)).toEqual({ status: 0, stdout: "a blick\n", stderr: "" });
  });
});

test("a bundler that took the package in is told of", () => {
  expect(run(process.execPath, "taken-in.mjs")).toEqual({
    status: 1,
    stdout: "",
    stderr: expect.stringMatching(
      /^the files of the embedded model "nano" are not at .*models\/nano\/.*: did a bundler take the package in\? .*--external:flamingo-vlm/,
    ),
  });
});
