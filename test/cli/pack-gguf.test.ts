/** A run on a frozen GGUF model of today, with windows and norms of its own, becomes a folder that holds the file, says what it is, answers and is converted. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Flamingo, image } from "../../src/index.ts";
import { withControlTokens } from "../checkpoint/control-tokens.ts";
import { runFlamingo } from "./run-flamingo.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-pack-gguf-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fixtures = join(import.meta.dirname, "../fixtures");
const picture = image({ width: 8, height: 8, data: new Uint8ClampedArray(192).fill(200) });

test.each(["gemma3", "phi3-q8_0"])(
  "%s",
  async (name) => {
    const language = join(folder, `${name}.gguf`);
    await writeFile(language, withControlTokens(await readFile(join(fixtures, `checkpoint/gguf/architectures/${name}.gguf`)), [60, 61]));
    const config = {
      name,
      model: {
        resampler: { kind: "perceiver", width: 16, layers: 1, heads: 2, headDim: 8, latents: 4, frames: 1 },
        fusion: { kind: "gated-cross-attention-dense", heads: 2, headDim: 8 },
      },
      stage: "flamingo",
      data: [{ kind: "module", name: "discs", module: join(import.meta.dirname, "../train/discs.ts"), rows: 2 }],
      optimiser: { learningRate: 0.01 },
      train: { steps: 2 },
      markers: { image: "7", endOfChunk: "8", padding: "<|endoftext|>" },
      parts: { vision: join(fixtures, "published/vision-siglip"), language },
    };
    await writeFile(join(folder, `${name}.json`), JSON.stringify(config));
    const done = { code: 0, stderr: expect.anything() as string };
    expect(await runFlamingo(["train", join(folder, `${name}.json`), "--out", join(folder, "runs"), "--threads", "1"])).toMatchObject(done);
    const [packed, converted] = [join(folder, `${name}-packed`), join(folder, `${name}-converted`)];
    expect(await runFlamingo(["pack", join(folder, "runs", name), "--out", packed])).toMatchObject(done);
    expect(Buffer.compare(await readFile(join(packed, `${name}.gguf`)), await readFile(language))).toBe(0);
    const inspected = await runFlamingo(["inspect", packed, "--json"]);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ maxTokens: 64, parts: [{}, {}, {}, { part: "language" }] });
    expect(await runFlamingo(["convert", packed, "--out", converted, "--weights", "int8"])).toMatchObject(done);
    const answers = [];
    for (const each of [packed, converted]) {
      const model = await Flamingo.load(each, { worker: false, threads: 1 });
      answers.push(await model.generateText([picture, "ab"], { maxTokens: 8 }));
      await model.dispose();
    }
    expect(answers[0]).toHaveLength(answers[1]!.length);
    expect(answers[0]).not.toBe("");
  },
  300_000,
);
