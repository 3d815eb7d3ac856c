/** A server that is busy, breaks off, refuses and fails: one that listens, since it is what a client meets. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Endpoint } from "../../src/evaluate/answering/endpoint.ts";
import { EndpointClient, type EndpointClientOptions, RefusedError } from "../../src/evaluate/answering/endpoint-client.ts";
import { ShownMedia } from "../../src/evaluate/shown-media.ts";

type Answering = (response: ServerResponse, body: string, request: IncomingMessage) => void;

/** @param answers - to each request the next; the last to all that follow */
async function server(...answers: readonly Answering[]): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const listening = createServer((request, response) => {
    let body = "";
    request.on("data", (bytes: Buffer) => (body += bytes.toString()));
    request.on("end", () => {
      bodies.push(body);
      answers[Math.min(bodies.length, answers.length) - 1]!(response, body, request);
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    listening.closeAllConnections();
    await new Promise((resolve) => listening.close(resolve));
  });
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/v1`, bodies };
}

const say =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answering =>
  (response) =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof body === "string" ? body : JSON.stringify(body));
const wrong = (message: string, param?: string): object => ({ error: { message, type: "invalid_request_error", param: param ?? null, code: null } });
const completion = (content: string): object => ({ choices: [{ message: { content } }], usage: { prompt_tokens: 7, completion_tokens: 2 } });
const client = (url: string, options: Partial<EndpointClientOptions> = {}): EndpointClient => new EndpointClient({ url, ...options });

test("a request is made again when the server is busy, fails or breaks off, as soon as it allows", async () => {
  const told: string[] = [];
  const { url, bodies } = await server(
    say(429, wrong("slow down"), { "retry-after-ms": "30" }),
    say(503, "upstream is away", { "retry-after": "0" }),
    (response) => void response.destroy(),
    say(200, { fine: true }),
  );
  const started = performance.now();
  expect(await client(url, { onRetry: (message) => told.push(message) }).request("/x", { a: 1 }, undefined)).toEqual({ fine: true });
  expect(performance.now() - started).toBeGreaterThan(30);
  expect(bodies).toEqual(Array.from({ length: 4 }, () => '{"a":1}'));
  expect(told).toEqual([
    expect.stringMatching(/: it answered 429 \(slow down\); asked again in 0\.0 s$/),
    expect.stringMatching(/: it answered 503 \(upstream is away\)/),
    expect.stringMatching(/: it cannot be reached \(/),
  ]);
});

test("it is given up after so many times, and at once when it is wrong or nobody waits", async () => {
  const busy = await server(say(500, wrong("out of memory"), { "retry-after-ms": "1" }));
  await expect(client(busy.url, { retries: 2 }).request("/x", {}, undefined)).rejects.toThrow(/it answered 500 \(out of memory\), 3 times in a row/);
  const refusing = await server(say(400, wrong("too long", "messages")));
  await expect(client(refusing.url).request("/x", {}, undefined)).rejects.toThrow(
    new RefusedError(`${refusing.url}/x answered 400: too long`, 400, "messages"),
  );
  expect(refusing.bodies).toHaveLength(1);
  const waiting = await server(say(429, wrong("later"), { "retry-after": "3600" }));
  const stop = new AbortController();
  const asked = client(waiting.url, { onRetry: () => stop.abort(new Error("enough")) }).request("/x", {}, stop.signal);
  await expect(asked).rejects.toThrow("enough");
  const slow = await server(() => {});
  await expect(client(slow.url, { retries: 0, timeout: 0.05 }).request("/x", {}, undefined)).rejects.toThrow(/no answer within 0\.05 s/);
});

test("the key is said, and no more requests are made in a minute than were allowed", async () => {
  const keys: (string | undefined)[] = [];
  const { url } = await server((response, body, request) => {
    keys.push(request.headers.authorization);
    say(200, {})(response, body, request);
  });
  const limited = client(url, { key: "secret", perMinute: 1200 });
  const started = performance.now();
  await Promise.all(Array.from({ length: 4 }, () => limited.request("/x", {}, undefined)));
  expect(performance.now() - started).toBeGreaterThan(3 * 50 - 5);
  expect(new Set(keys)).toEqual(new Set(["Bearer secret"]));
});

const question = { shots: [], query: { id: 1, media: [], prompt: "What is it?", answer: "a dog" } };
const ask = (url: string, choices?: readonly string[]) =>
  new Endpoint(client(url), new ShownMedia(), { model: "m", shotsAs: "turns", system: undefined, rankBy: "auto", atOnce: 1 }).ask(
    [{ ...question, query: { ...question.query, ...(choices === undefined ? {} : { choices }) } }],
    { maxTokens: 9, useMedia: true },
  );

test("a field that a model does not take is said in the way that it takes, or left out", async () => {
  const { url, bodies } = await server(
    say(400, wrong("Use 'max_completion_tokens' instead.", "max_tokens")),
    say(400, wrong("temperature is not supported")),
    say(200, completion("a dog Question: and")),
  );
  expect(await ask(url)).toEqual([{ text: "a dog", usage: { prompt: 7, answer: 2 } }]);
  const fields = bodies.map((body) => Object.keys(JSON.parse(body) as object).filter((name) => name !== "model" && name !== "messages"));
  expect(fields).toEqual([["max_tokens", "temperature"], ["max_completion_tokens", "temperature"], ["max_completion_tokens"]]);
});

test("a server without likelihoods is asked in words; one that has those of first tokens by them", async () => {
  const models = say(200, { data: [{ id: "m", owned_by: "somebody" }] });
  const without = await server(models, say(400, wrong("logprobs are not supported", "logprobs")), say(200, completion("It is Blue, I think.")));
  expect(await ask(without.url, [" red", " blue"])).toEqual([{ text: "blue", scores: [0, 1], ranked: "words", usage: { prompt: 7, answer: 2 } }]);
  const top = [
    { token: " Bl", logprob: Math.log(0.25) },
    { token: "blue", logprob: Math.log(0.25) },
    { token: " Red", logprob: Math.log(0.4) },
  ];
  const answer = { choices: [{ message: { content: "Red" }, logprobs: { content: [{ top_logprobs: top }] } }] };
  const withFirst = await server(models, say(200, answer));
  const [found] = await ask(withFirst.url, [" red", " blue"]);
  expect(found).toMatchObject({ text: "blue", ranked: "first token" });
  expect(found!.scores!.map((score) => Number(Math.exp(score).toFixed(6)))).toEqual([0.4, 0.5]);
});

test("one question may be refused; where the first is, all would be", async () => {
  const { url } = await server(say(200, completion("a dog")), say(400, wrong("this picture is not allowed")));
  const endpoint = new Endpoint(client(url), new ShownMedia(), { model: "m", shotsAs: "turns", system: undefined, rankBy: "auto", atOnce: 1 });
  const options = { maxTokens: 9, useMedia: true };
  expect(await endpoint.ask([question, question], options)).toEqual([
    { text: "a dog", usage: { prompt: 7, answer: 2 } },
    { text: "", refused: expect.stringMatching(/answered 400: this picture is not allowed/) },
  ]);
  const never = await server(say(400, wrong("no such field")));
  await expect(ask(never.url)).rejects.toThrow(/answered 400: no such field/);
});
