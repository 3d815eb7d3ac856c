import { Random } from "../data/random.ts";
import { meanFeature } from "../generate/feature-rows.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import { image, type Medium } from "../generate/medium.ts";
import type { Prompt } from "../generate/prompt-reader.ts";
import { nearestAnswer, type Representation } from "./nearest-neighbour.ts";
import { type Answerer, type EvaluationCase, picturesIn, type ShownExample, type ShownPicture, type Suite, type SuiteTask } from "./suite.ts";

/** Which picture is shown in the place of which. */
type Show = (picture: ShownPicture, question: EvaluationCase, place: number) => Medium;

interface ModelAnswererOptions {
  readonly name: string;
  readonly share: number;
  readonly show: Show;
  readonly useMedia?: boolean;
}

/** The model: of given choices the likeliest, else what it says. */
function modelAnswerer(model: Flamingo, { name, share, show, useMedia = true }: ModelAnswererOptions): Answerer {
  return {
    name,
    share,
    async answer(questions, maxTokens = 20) {
      const prompts = questions.map((question): Prompt => {
        const { shots, query } = question;
        const media = (example: ShownExample, place: number): Medium[] => picturesIn(example).map((picture) => show(picture, question, place));
        const examples = shots.map((example, i) => ({ media: media(example, i), text: example.prompt + example.answer }));
        return [...examples, ...media(query, shots.length), ...(query.prompt === "" ? [] : [query.prompt])];
      });
      // Questions of one task are alike: all have choices or none has.
      const choices = questions.flatMap((question) => (question.choices === undefined ? [] : [question.choices]));
      if (choices.length === 0) return model.generateTexts(prompts, { maxTokens, useMedia });
      const scored = await model.scoreMany(prompts, choices, { useMedia });
      return scored.map((each) => each.reduce((best, other) => (other.logProbability > best.logProbability ? other : best)).text);
    },
  };
}

export interface AnswererOptions {
  readonly model: Flamingo;
  readonly pictures: readonly ShownPicture[];
  readonly fileOf: Suite["fileOf"];
  readonly seed: number;
  /** Share of the cases that baselines are asked: at least one, or none where it is 0. */
  readonly baselineShare: number;
}

/** The model and everything that it is compared with in a task. */
export async function createAnswerers({
  model,
  pictures,
  fileOf,
  seed,
  baselineShare: share,
}: AnswererOptions): Promise<(task: SuiteTask) => readonly Answerer[]> {
  // One medium per picture, so that each is encoded once in the whole evaluation.
  const media = new Map(pictures.map(({ id }) => [id, image(fileOf(id))]));
  const medium = (id: string): Medium => media.get(id)!;
  const blank = image({ width: 8, height: 8, data: new Uint8ClampedArray(8 * 8 * 3).fill(255) });
  const shuffled: Show = (picture, { query }, place) => medium(new Random("shuffled", seed, query.picture.id, picture.id, place).pick(pictures).id);
  const [features, pixels] = await Promise.all([frozenFeatures(model, media), smallPixels(model, media)]);
  const changed: readonly Omit<ModelAnswererOptions, "share">[] = [
    { name: "shuffled pictures", show: shuffled },
    { name: "blank pictures", show: () => blank },
    { name: "no cross-attention", show: () => blank, useMedia: false },
  ];
  const answerers = [
    modelAnswerer(model, { name: "model", share: 1, show: ({ id }) => medium(id) }),
    ...(share === 0 ? [] : changed.map((each) => modelAnswerer(model, { ...each, share }))),
    neighbour("nearest by frozen features", features),
    neighbour("nearest by pixels", pixels),
  ];
  return ({ baselines }) => [...answerers, ...(baselines?.(model, medium) ?? [])];
}

/** Cheap, so it answers everything. */
function neighbour(name: string, represent: Representation): Answerer {
  return { name, share: 1, answer: (questions) => Promise.resolve(questions.map((question) => nearestAnswer(question, represent))) };
}

/** The frozen encoder's features, averaged over positions, each channel with the same spread over all pictures of the suite. */
async function frozenFeatures(model: Flamingo, media: ReadonlyMap<string, Medium>): Promise<Representation> {
  const vectors = new Map<string, Float32Array>();
  for (const [id, each] of media) vectors.set(id, meanFeature(await model.embed(each)));
  return standardised(vectors);
}

/** 16 x 16 colours. */
async function smallPixels(model: Flamingo, media: ReadonlyMap<string, Medium>): Promise<Representation> {
  const vectors = new Map<string, Float32Array>();
  for (const [id, each] of media) vectors.set(id, await model.thumbnail(each, 16));
  return standardised(vectors);
}

function standardised(vectors: ReadonlyMap<string, Float32Array>): Representation {
  const width = vectors.values().next().value?.length ?? 0;
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  for (const vector of vectors.values()) {
    for (let i = 0; i < width; i++) {
      mean[i]! += vector[i]! / vectors.size;
      square[i]! += vector[i]! ** 2 / vectors.size;
    }
  }
  const scaled = new Map(
    [...vectors].map(([id, vector]) => [id, vector.map((value, i) => (value - mean[i]!) / Math.sqrt(Math.max(square[i]! - mean[i]! ** 2, 1e-6)))]),
  );
  return (picture) => scaled.get(picture)!;
}

/** All pictures that occur in questions. */
export function picturesOf(cases: Iterable<EvaluationCase>): ShownPicture[] {
  const pictures = new Map<string, ShownPicture>();
  for (const { shots, query } of cases) for (const picture of [...shots, query].flatMap(picturesIn)) pictures.set(picture.id, picture);
  return [...pictures.values()];
}
