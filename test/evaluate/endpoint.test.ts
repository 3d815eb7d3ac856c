import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAnswerers } from "../../src/evaluate/answerers.ts";
import { chatMessages } from "../../src/evaluate/answering/chat-messages.ts";
import { Endpoint, type EndpointOptions } from "../../src/evaluate/answering/endpoint.ts";
import { EndpointClient } from "../../src/evaluate/answering/endpoint-client.ts";
import { LocalModel } from "../../src/evaluate/answering/local-model.ts";
import { PermutedExamples } from "../../src/evaluate/answering/permuted-examples.ts";
import type { Respondent } from "../../src/evaluate/answering/respondent.ts";
import { evaluateTasks } from "../../src/evaluate/evaluate-tasks.ts";
import type { Answer } from "../../src/evaluate/question.ts";
import { ShownMedia } from "../../src/evaluate/shown-media.ts";
import type { SuiteTask } from "../../src/evaluate/suite.ts";
import { type Listening, serving } from "../serve/listening.ts";
import { tasksOf, writeQuestions } from "./answering-questions.ts";

const media = new ShownMedia();
let listening: Listening;
let file: string;
let tasks: readonly SuiteTask[];

beforeAll(async () => {
  listening = await serving("nano");
  file = await writeQuestions(3);
  tasks = await tasksOf(file, [0, 2]);
});
afterAll(async () => {
  await listening.close();
  await rm(dirname(file), { recursive: true, force: true });
});

function endpoint(options: Partial<EndpointOptions> = {}): Endpoint {
  const client = new EndpointClient({ url: `${listening.url}/v1`, retries: 0 });
  return new Endpoint(client, media, { model: "nano", shotsAs: "turns", system: undefined, rankBy: "auto", atOnce: 3, ...options });
}

/** What everybody says, by task, number of shots and answerer. */
async function answersOf(respondent: Respondent, controlShare: number): Promise<Map<string, readonly Answer[]>> {
  const { model } = listening;
  const answerersOf = createAnswerers({ respondent, media, encoder: model, model: undefined, seed: 1, controlShare });
  const answers = new Map<string, readonly Answer[]>();
  for await (const event of evaluateTasks(tasks, answerersOf))
    if (event.type === "result")
      answers.set(
        `${event.task.shots} ${event.result.answerer}`,
        event.answered.map(({ answer }) => answer),
      );
  await respondent.dispose();
  return answers;
}

const texts = (answers: ReadonlyMap<string, readonly Answer[]>): [string, string[]][] => [...answers].map(([key, of]) => [key, of.map(({ text }) => text)]);

test("our own server says what the model says here, with everything that is taken away too", async () => {
  const here = await answersOf(new LocalModel(listening.model, media, 1), 1);
  const there = await answersOf(endpoint(), 1);
  // Without pictures a Flamingo model still reads the places where they were; a server is sent none.
  for (const answers of [here, there]) for (const shots of [0, 2]) expect(answers.delete(`${shots} no pictures`)).toBe(true);
  expect(texts(there)).toEqual(texts(here));
  const [local, served] = [here, there].map((answers) => answers.get("2 model")!.flatMap(({ scores = [] }) => scores)) as [number[], number[]];
  expect(served.length).toBe(4);
  served.forEach((score, i) => expect(score).toBeCloseTo(local[i]!, 3));
  expect(there.get("2 model")!.map(({ ranked, usage }) => ranked ?? usage!.answer > 0)).toEqual([true, "likelihood", true]);
});

test("what is compared with in one task alone is asked beside a server too", () => {
  const options = { respondent: endpoint(), media, encoder: undefined, model: undefined, seed: 1, controlShare: 0 };
  const alone = { name: "question alone", share: 1, answer: () => Promise.resolve([]) };
  const answerers = createAnswerers(options)({ ...tasks[0]!, baselines: (model) => (model === undefined ? [alone] : []) });
  expect(answerers.at(-1)).toBe(alone);
});

test("examples in one message are the same to our server", async () => {
  const [turns, together] = [await answersOf(endpoint(), 0), await answersOf(endpoint({ shotsAs: "message" }), 0)];
  // Words before a message's first picture are no example to it, as they are in turns.
  for (const answers of [turns, together]) expect(answers.delete("0 model")).toBe(true);
  expect(texts(together)).toEqual(texts(turns));
});

describe("where a server does not tell how likely an answer is", () => {
  test("choices are ranked by their first tokens", async () => {
    const respondent = endpoint({ rankBy: "first-token" });
    const question = tasks[1]!.cases.find(({ query }) => query.choices !== undefined)!;
    const [answer] = await respondent.ask([{ ...question, query: { ...question.query, choices: [" red", " blue"] } }], { maxTokens: 20, useMedia: true });
    expect(answer!.ranked).toBe("first token");
    const prompt = [...question.shots, question.query];
    const pieces = [];
    for (const [i, each] of prompt.entries()) {
      const shown = await media.of(each.media);
      pieces.push(...(i < prompt.length - 1 ? [{ media: shown, text: each.prompt + each.answer }] : [...shown, each.prompt]));
    }
    const tokens = [" red", " blue"].map((text) => listening.model.tokenizer.decode([listening.model.tokenizer.encode(text, { continues: true })[0]!]));
    const scored = await listening.model.score(pieces, tokens, { complete: false });
    const listed = answer!.scores!.map((score, i) => ({ score, least: scored[i]!.logProbability })).filter(({ score }) => score > -9999);
    expect(listed.length).toBeGreaterThan(0);
    // Other tokens may begin a choice too ("b" of "blue"), which adds to it.
    for (const { score, least } of listed) expect(score).toBeGreaterThanOrEqual(least - 1e-3);
    expect(answer!.text).toBe(answer!.scores![0]! > answer!.scores![1]! ? "red" : "blue");
  });

  test("what is said is looked for among them", async () => {
    const found = (await answersOf(endpoint({ rankBy: "words" }), 0)).get("2 model")!;
    for (const { text, scores, ranked } of found.filter(({ scores: each }) => each !== undefined)) {
      expect(ranked).toBe("words");
      expect(scores!.reduce((sum, each) => sum + each, 0)).toBe(["red", "blue", "green", "grey"].includes(text) ? 1 : 0);
    }
  });
});

test("over several orders of the examples a choice has its mean", async () => {
  const local = new LocalModel(listening.model, media, 1);
  const { shots, query } = tasks[1]!.cases.find((each) => each.query.choices !== undefined)!;
  const options = { maxTokens: 20, useMedia: true };
  const [one, other] = await local.ask(
    [shots, shots.toReversed()].map((order) => ({ shots: order, query })),
    options,
  );
  const [both, words] = await new PermutedExamples(local, 6, 1).ask([{ shots, query }, tasks[1]!.cases[0]!], options);
  expect(one!.scores).not.toEqual(other!.scores);
  both!.scores!.forEach((score, i) => expect(score).toBeCloseTo((one!.scores![i]! + other!.scores![i]!) / 2, 3));
  expect(words).toEqual((await local.ask([tasks[1]!.cases[0]!], options))[0]);
});

test("a conversation has the examples as turns, pictures as data URLs, and nothing that is not there", async () => {
  const { query } = tasks[0]!.cases[0]!;
  const shot = { media: query.media, prompt: "Output:", answer: " a dog" };
  const messages = await chatMessages({ shots: [shot], query: { ...query, prompt: "" } }, { shotsAs: "turns", system: "Be brief." }, media);
  const picture = { type: "image_url", image_url: { url: expect.stringMatching(/^data:image\/png;base64,iVBOR/) } };
  expect(messages).toEqual([
    { role: "system", content: "Be brief." },
    { role: "user", content: [picture, { type: "text", text: "Output:" }] },
    { role: "assistant", content: "a dog" },
    { role: "user", content: [picture] },
  ]);
});
