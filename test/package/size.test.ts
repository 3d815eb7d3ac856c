/** What a page has to fetch of the package to load a model and answer. It must not grow unseen, and training is no part of it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { beforeAll, expect, inject, test } from "vitest";

const { folder } = inject("consumer");

let text: string;
let begin: Metafile["outputs"][string];
beforeAll(async () => {
  const { outputFiles, metafile } = await build({
    absWorkingDir: folder,
    entryPoints: ["web/answer.ts"],
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    outdir: "out",
    write: false,
    metafile: true,
    logLevel: "error",
  });
  // What a page fetches when it is opened: ONNX Runtime, published formats and the embedded model's addresses are scripts of their own, for when they are needed.
  const [path, output] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === "web/answer.ts")!;
  begin = output;
  text = outputFiles.find(({ path: written }) => written === join(folder, path))!.text;
});

/** In kB, of what the entry and the scripts that it imports at once bring from there. */
function kilobytes(place: RegExp): number {
  return Object.entries(begin.inputs).reduce((sum, [input, { bytesInOutput }]) => (place.test(input) ? sum + bytesInOutput : sum), 0) / 1000;
}

test("it stays within its budget", () => {
  expect(kilobytes(/onnxruntime-web/)).toBe(0);
  expect(kilobytes(/./)).toBeLessThan(500);
  expect(gzipSync(text).length / 1000).toBeLessThan(170);
});

test("nothing of training, evaluation and the server is in it", async () => {
  expect(Object.keys(begin.inputs).filter((input) => /flamingo-vlm\/dist\/(?:train|evaluate|retrieve|serve|cli)\//.test(input))).toEqual([]);
  expect(Object.keys(begin.inputs).filter((input) => /optimiser|gradients|recomputation/.test(input))).toEqual([]);
  const rooms = ["train", "evaluate"].map((room) => join(folder, "node_modules/flamingo-vlm/dist", room));
  const others = (await Promise.all(rooms.map(async (room) => Promise.all((await readdir(room)).filter((file) => file.endsWith(".js")).map((file) => readFile(join(room, file), "utf8")))))).flat().join("\n");
  // Names that survive being made short, as fields do.
  for (const name of ["learningRate", "saveEvery", "gatesEvery", "weightDecay", "gradientNorm"]) {
    expect(others, name).toContain(name);
    expect(text, name).not.toContain(name);
  }
});
