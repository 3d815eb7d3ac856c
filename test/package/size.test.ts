/** What a page has to fetch of the package to load a model and answer: it must not grow unseen, and training is no part of it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { beforeAll, expect, inject, test } from "vitest";

const { folder } = inject("consumer");

/** What is fetched when the page is opened: scripts that are loaded when they are needed, as those of ONNX Runtime are, are not among it. */
let scripts: readonly string[];
/** The modules in these scripts, with their bytes there. */
let modules: ReadonlyMap<string, number>;

beforeAll(async () => {
  const entry = "web/answer.ts";
  const { outputFiles, metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    outdir: "out",
    write: false,
    metafile: true,
    logLevel: "error",
  });
  const { outputs } = metafile;
  const fetched = new Set<string>();
  const fetch = (script: string): void => {
    if (fetched.has(script)) return;
    fetched.add(script);
    for (const { kind, path } of outputs[script]!.imports) if (kind === "import-statement") fetch(path);
  };
  fetch(Object.keys(outputs).find((script) => outputs[script]!.entryPoint === entry)!);
  scripts = [...fetched].map((script) => outputFiles.find(({ path }) => path === join(folder, script))!.text);
  const found = new Map<string, number>();
  for (const script of fetched)
    for (const [module, { bytesInOutput }] of Object.entries(outputs[script]!.inputs)) found.set(module, (found.get(module) ?? 0) + bytesInOutput);
  modules = found;
});

const kilobytes = (module: RegExp): number => [...modules].reduce((sum, [path, bytes]) => (module.test(path) ? sum + bytes : sum), 0) / 1000;

test("it stays within its budget, beside ONNX Runtime, which comes when a model is loaded", () => {
  expect(kilobytes(/onnxruntime-web/)).toBe(0);
  expect(kilobytes(/flamingo-vlm\/dist/)).toBeLessThan(260);
  expect(kilobytes(/\/zod\//)).toBeLessThan(120);
  expect(kilobytes(/./)).toBeLessThan(500);
  expect(scripts.reduce((sum, script) => sum + gzipSync(script).length, 0) / 1000).toBeLessThan(165);
});

test("readers of other formats than our own are left for when they are needed", () => {
  expect([...modules.keys()].filter((path) => /checkpoint\/(?:published|pytorch|gguf|hub)\/|zip\.js/.test(path))).toEqual([]);
});

test("nothing of training, evaluation and the server is in it", async () => {
  expect([...modules.keys()].filter((path) => /\/dist\/(?:train|evaluate|retrieve|serve|cli)\/|optimiser|gradients|recomputation|training/.test(path))).toEqual(
    [],
  );
  const room = join(folder, "node_modules/flamingo-vlm/dist/train");
  const files = (await readdir(room)).filter((file) => file.endsWith(".js"));
  const training = (await Promise.all(files.map((file) => readFile(join(room, file), "utf8")))).join("\n");
  // Names that survive being made short, as fields do.
  for (const name of ["learningRate", "saveEvery", "gatesEvery", "weightDecay", "gradientNorm"]) {
    expect(training, name).toContain(name);
    expect(scripts.join("\n"), name).not.toContain(name);
  }
});
