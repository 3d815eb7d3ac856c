/** What the model looked at, over HTTP: the library's own numbers. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Explanation, image, type Look, type Prompt } from "../../src/index.ts";
import { tinyConfig, writeTinyModel } from "../generate/tiny-model.ts";
import { dataUrl, type Listening, listenHere, pngUrl, serving, shown } from "./listening.ts";

let nano: Listening;
let pictures: readonly Uint8Array[];
beforeAll(async () => {
  nano = await serving("nano");
  pictures = await Promise.all(
    ["noto/turtle", "noto/crown", "twemoji/hammer"].map(async (name) => new Uint8Array(await readFile(join("models/nano/drawings", `${name}.webp`)))),
  );
});
afterAll(() => nano.close());

async function post<Body>({ url }: Listening, path: string, body: object, signal?: AbortSignal): Promise<{ status: number; body: Body }> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

/** Until so many requests are in the queue. */
async function waiting({ url }: Listening, count: number): Promise<void> {
  const there = new RegExp(`^vllm:num_requests_waiting\\{.*\\} ${count}$`, "m");
  while (!there.test(await (await fetch(`${url}/metrics`)).text())) await wait(2);
}

const turn = (role: "user" | "assistant", ...parts: readonly (Uint8Array | string)[]): object => ({
  role,
  content:
    role === "assistant" ? parts[0] : parts.map((part) => (typeof part === "string" ? { type: "text", text: part } : shown(dataUrl(part, "image/webp")))),
});

/** What the library says, as the resource writes it. */
function written({ tokens, layers, gateScale, media, words }: Explanation, model: string): object {
  const look = ({ share, latents, map, evidence, classToken, learnt }: Look): object => ({ share, latents, map, evidence, class_token: classToken, learnt });
  return {
    object: "explanation",
    model,
    tokens: tokens.map(({ token, text, logProbability }) => ({ token, text, log_probability: logProbability })),
    layers: layers.map(({ block, gates: { attention, feedForward } }) => ({ block, gates: { attention, feed_forward: feedForward } })),
    gate_scale: gateScale,
    media: media.map(({ index, kind, rows, columns, frames }) => ({ index, kind, rows, columns, frames })),
    words: words.map(({ text, from, to, logProbability, supportSet, media }) => ({
      text,
      from,
      to,
      log_probability: logProbability,
      support_set: supportSet,
      media: media.map(({ index, layers, average }) => ({ index, layers: layers.map(look), average: look(average) })),
    })),
  };
}

describe("an explanation", () => {
  it("is the library's, of an answer that is joined to the prompt as the model would say it", async () => {
    const [a, b, c] = pictures as readonly [Uint8Array, Uint8Array, Uint8Array];
    const examples = [turn("user", a), turn("assistant", "a dax"), turn("user", b), turn("assistant", "a blick")];
    for (const [question, answer, said] of [
      [[c], "a dax", "a dax"],
      [[c, "Question: What is it? Answer:"], "a dax", " a dax"],
    ] as const) {
      const prompt: Prompt = [{ media: image(a), text: "a dax" }, { media: image(b), text: "a blick" }, image(c), ...question.slice(1)] as Prompt;
      const expected = await nano.model.explain(prompt, said);
      const { status, body } = await post<{ words: { text: string }[]; media: { index: number }[] }>(nano, "/v1/explain", {
        model: "nano",
        messages: [...examples, turn("user", ...question)],
        answer,
      });
      expect(status).toBe(200);
      expect(body).toEqual(written(expected, "nano"));
      expect(body.words.map(({ text }) => text).join("")).toBe(said);
      expect(body.media.map(({ index }) => index)).toEqual([2]);
    }
  });

  it("says of the answer what /v1/score says", async () => {
    const messages = [turn("user", pictures[0]!, "Question: What is it? Answer:")];
    const explained = await post<{ tokens: { log_probability: number }[] }>(nano, "/v1/explain", { model: "nano", messages, answer: "a red fish" });
    const scored = await post<{ choices: { log_probability: number; tokens: number }[] }>(nano, "/v1/score", {
      model: "nano",
      messages,
      choices: ["a red fish"],
      complete: false,
    });
    const [choice] = scored.body.choices;
    expect(explained.body.tokens).toHaveLength(choice!.tokens);
    expect(explained.body.tokens.reduce((sum, { log_probability }) => sum + log_probability, 0)).toBeCloseTo(choice!.log_probability, 3);
  });

  it("after a support set is the same as with its examples, and is refused where these alone are seen", async () => {
    const [a, , c] = pictures as readonly [Uint8Array, Uint8Array, Uint8Array];
    const { body: set } = await post<{ id: string }>(nano, "/v1/support-sets", {
      model: "nano",
      examples: [{ image: dataUrl(a, "image/webp"), text: "a dax" }],
    });
    type Mapped = { words: { media: { average: { map: number[][][] } }[] }[] };
    const [after, within] = await Promise.all([
      post<Mapped>(nano, "/v1/explain", { model: "nano", support_set: set.id, messages: [turn("user", c)], answer: "a dax" }),
      post<Mapped>(nano, "/v1/explain", { model: "nano", messages: [turn("user", a), turn("assistant", "a dax"), turn("user", c)], answer: "a dax" }),
    ]);
    const [one, other] = [after, within].map(({ body }) => body.words.flatMap(({ media }) => media.flatMap(({ average }) => average.map.flat(2))));
    expect(one).toEqual(other!.map((share) => expect.closeTo(share, 5) as number));
    expect(await post(nano, "/v1/explain", { model: "nano", support_set: set.id, messages: [turn("user", "What?")], answer: "a dax" })).toMatchObject({
      status: 400,
      body: { error: { param: "messages", message: expect.stringContaining("a picture of the support set") as string } },
    });
  });

  it("is refused of a model whose resampler attends to nothing", async () => {
    const { folder } = await writeTinyModel({ ...tinyConfig, resampler: { kind: "mlp", width: 12, latents: 3 } });
    const server = await serving(folder, {}, () => rm(folder, { recursive: true, force: true }));
    onTestFinished(() => server.close());
    const messages = [{ role: "user", content: [shown(await pngUrl(1))] }];
    expect(await post(server, "/v1/explain", { model: "tiny", messages, answer: "the cat" })).toMatchObject({
      status: 400,
      body: { error: { type: "invalid_request_error", param: "model", message: expect.stringContaining("MLP") as string } },
    });
  });

  it("waits its turn, and leaves the queue with its client or its time", async () => {
    const server = await listenHere();
    const picture = await pngUrl(1);
    const asked = { model: "tiny", messages: [{ role: "user", content: [shown(picture)] }], answer: "the cat" };
    // What is compiled once is compiled, so that the two wait long before the choices are compared.
    const whole = await post(server, "/v1/explain", asked);
    const choices = Array.from({ length: 1000 }, (_, i) => `the cat and the hat ${i} `.repeat(4));
    const running = post(server, "/v1/score", { model: "tiny", messages: asked.messages, choices });
    const gone = new AbortController();
    const left = expect(post(server, "/v1/explain", asked, gone.signal)).rejects.toThrow("gone");
    const stays = post(server, "/v1/explain", asked);
    await waiting(server, 2);
    gone.abort(new Error("gone"));
    await left;
    await waiting(server, 1);
    expect(await stays).toEqual(whole);
    await running;
    const short = await listenHere({ timeout: 60 });
    expect(await post(short, "/v1/explain", asked)).toMatchObject({ status: 408, body: { error: { code: "timeout" } } });
  });
});
