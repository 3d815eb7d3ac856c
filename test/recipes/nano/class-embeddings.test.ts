/** What the resampler's embedding of each class begins as, beside Hugging Face's tokenizers and plain Python (tools/reference/class_embeddings.py). */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import prepare from "../../../recipes/nano/class-embeddings.ts";
import { readSafetensors, writeSafetensors } from "../../../src/checkpoint/safetensors.ts";
import reference from "../../fixtures/data/class-embeddings.json" with { type: "json" };

const { vocabulary, width, classes, embeddings } = reference;

/** A language model that has only words, and what is made of it. */
async function prepared(parameter: string, tokenizer = "test/fixtures/published/mpt/tokenizer.json"): Promise<{ facts: object; out: string }> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-embeddings-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [language, out] = [join(folder, "language.safetensors"), join(folder, "made/embeddings.safetensors")];
  const words = Float32Array.from({ length: vocabulary * width }, (_, i) => (((Math.floor(i / width) * 7 + (i % width) * 13) % 29) - 14) / 8);
  await writeFile(language, writeSafetensors(new Map([[parameter, { dtype: "float32", shape: [vocabulary, width], data: words }]])));
  return { facts: await prepare({ language, tokenizer, out }, () => undefined, new AbortController().signal), out };
}

test("are the words of each class's name, without what all have in common, and of one length", async () => {
  const { facts, out } = await prepared("language.embedding.weight");
  expect(facts).toEqual({ out, classes });
  const { tensors } = readSafetensors(await readFile(out), out);
  expect([...tensors.keys()]).toEqual(["resampler.input.evidence.weight"]);
  const { shape, data } = tensors.get("resampler.input.evidence.weight")!;
  expect(shape).toEqual([width, classes]);
  const of = (place: number): number[] => Array.from({ length: width }, (_, i) => Number(data[i * classes + place]));
  for (const [place, expected] of Object.entries(embeddings)) expect(of(Number(place))).toEqual(expected.map((value) => expect.closeTo(value, 5) as number));
  for (let place = 0; place < classes; place++) expect(Math.hypot(...of(place))).toBeCloseTo(0.5, 6);
});

test("what is no language model of this system is refused by what is missing", async () => {
  await expect(prepared("model.embed_tokens.weight")).rejects.toThrow(/language\.safetensors has no "language\.embedding\.weight"/);
});
