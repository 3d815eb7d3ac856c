/** Whole folders of published models through the public face: from pictures and text to the tokens that the authors' own code generates. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DataError, Flamingo, type GeneratedPiece, image, type Medium, Template } from "../../src/index.ts";
import { fixtures, pictures, type Reference, type ReferencePrompt, readReference } from "./published-model.ts";

async function collected(pieces: AsyncIterable<GeneratedPiece>): Promise<number[]> {
  const tokens: number[] = [];
  for await (const { token } of pieces) tokens.push(token);
  return tokens;
}

const names = ["openflamingo-neox", "openflamingo-neox-every-2", "openflamingo-mpt", "openflamingo-mosaic-gpt", "openflamingo-llama", "idefics", "idefics-without-resampler"];

describe.each(names)("%s", async (name) => {
  const { reference }: { reference: Reference } = await readReference(name);
  const media = pictures.map((path) => image(path));
  const shown = ({ pictures: indices }: ReferencePrompt): Medium[] => indices.map((i) => media[i]!);
  let model: Flamingo;
  beforeAll(async () => {
    model = await Flamingo.load(join(fixtures, name), { device: "cpu", threads: 1, worker: false });
  });
  afterAll(() => model.dispose());
  const prompts = reference.prompts.map((prompt) => [prompt.name, prompt] as const);

  test.each(prompts)("greedy tokens of the prompt as one text: %s", async (_, prompt) => {
    const found = await collected(model.generate([new Template(prompt.template, shown(prompt))], { maxTokens: 8 }));
    expect(found.slice(0, prompt.greedy.length)).toEqual(prompt.greedy);
    expect(found).toHaveLength(prompt.greedy.length);
  });

  test.each(prompts)("what beam search and generateText say is what the tokenizer makes of the reference's tokens: %s", async (_, prompt) => {
    const asked = [new Template(prompt.template, shown(prompt))];
    expect(await model.generateText(asked, { maxTokens: 8 })).toBe(model.tokenizer.decode(prompt.greedy));
    const [best] = await model.beamSearch(asked, { beams: 3, maxTokens: 8 });
    expect(best!.tokens).toEqual(prompt.beams);
  });

  test.each(prompts)("log-likelihoods of answers: %s", async (_, prompt) => {
    for (const [i, choice] of reference.choices.entries()) {
      const [text] = choice.split(/<\|endofchunk\|>|<\/s>/) as [string];
      const [scored] = await model.score([new Template(prompt.template, shown(prompt))], [text], { complete: text !== choice });
      expect(scored!.logProbability).toBeCloseTo(prompt.continuations[i]!, 3);
    }
  });

  test("pictures and texts one by one, and examples read before, are the same prompt", async () => {
    const one = reference.prompts.find((prompt) => prompt.name === "one")!;
    expect(await collected(model.generate([media[one.pictures[0]!]!, "An image", " of"], { maxTokens: 8 }))).toEqual(one.greedy);
    const task = await model.supportSet([{ media: media[1]!, text: "a red hat" }]);
    const { exampleEnd = model.folder.description.markers.endOfChunk } = model.folder.description.prompt;
    const whole = new Template(`<image>a red hat${exampleEnd}<image>An image of`, [media[1]!, media[0]!]);
    expect(await collected(model.generate([task, media[0]!, "An image of"], { maxTokens: 8 }))).toEqual(
      await collected(model.generate([whole], { maxTokens: 8 })),
    );
    await task.dispose();
  });

  test("refuses markers that are not as many as pictures, and prompts longer than the context", async () => {
    await expect(model.generateText([new Template("<image>one<image>two", [media[0]!])])).rejects.toThrow(/2 <image> markers for 1 picture;/);
    await expect(model.generateText([new Template("none", media)])).rejects.toThrow(/0 <image> markers for 2 pictures;/);
    const long = model.generateText([media[0]!, "cat ".repeat(70)]);
    await expect(long).rejects.toThrow(DataError);
    await expect(long).rejects.toThrow(/come to \d+ tokens, the model reads at most 64; give fewer examples or shorter texts/);
  });
});

test("IDEFICS' own way of writing its tokens out means the same", async () => {
  const model = await Flamingo.load(join(fixtures, "idefics"), { device: "cpu", threads: 1, worker: false });
  const { reference } = await readReference("idefics");
  const one = reference.prompts.find((prompt) => prompt.name === "one")!;
  const around = "<fake_token_around_image>";
  const written = new Template(`<s>${around}<image>${around}An image of`, [image(pictures[one.pictures[0]!]!)]);
  expect(await collected(model.generate([written], { maxTokens: 8 }))).toEqual(one.greedy);
  await model.dispose();
});
