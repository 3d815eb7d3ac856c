/** Many clients at once, a server that stops, and what is told to operators. */
import { connect } from "node:net";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { type Listening, listenHere, pngUrl, shown } from "./listening.ts";

type Ask = OpenAI.ChatCompletionCreateParamsNonStreaming;

const ask = (content: OpenAI.ChatCompletionUserMessageParam["content"], more: object = {}): Ask => ({
  model: "tiny",
  messages: [{ role: "user", content }],
  max_tokens: 40,
  ...more,
});

async function supportSet({ url }: Listening, seeds: readonly number[]): Promise<string> {
  const examples = await Promise.all(seeds.map(async (seed) => ({ image: await pngUrl(seed), text: `the cat ${seed}` })));
  const response = await fetch(`${url}/v1/support-sets`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "tiny", examples }),
  });
  return ((await response.json()) as { id: string }).id;
}

async function metric({ url }: Listening, name: string): Promise<number> {
  const found = new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+-]+)$`, "m").exec(await (await fetch(`${url}/metrics`)).text());
  return Number(found?.[1]);
}

describe("requests for the same support set", () => {
  it("are answered together, each as it is answered alone to the last bit, whatever each asks for", async () => {
    const server = await listenHere();
    const [one, other] = [await supportSet(server, [1, 2]), await supportSet(server, [3])];
    const asked = await Promise.all(
      Array.from({ length: 12 }, async (_, i) =>
        ask([shown(await pngUrl(20 + i)), { type: "text", text: "the" }], {
          support_set: i % 4 === 0 ? undefined : i % 3 === 0 ? other : one,
          max_tokens: 40 + i,
          logprobs: true,
          ...(i % 2 === 0 ? {} : { temperature: 1, seed: i, n: 1 + (i % 3) }),
        }),
      ),
    );
    const create = async (each: Ask): Promise<OpenAI.ChatCompletion.Choice[]> => (await server.openai.chat.completions.create(each)).choices;
    const all = Promise.all(asked.map(create));
    let most = 0;
    for (let over = false; !over; ) {
      most = Math.max(most, await metric(server, "vllm:num_requests_running"));
      over = await Promise.race([all.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);
    }
    expect(most).toBeGreaterThanOrEqual(6);
    const alone: OpenAI.ChatCompletion.Choice[][] = [];
    for (const each of asked) alone.push(await create(each));
    expect(await all).toEqual(alone);
  });

  it("lose nothing when one of them goes away", async () => {
    const server = await listenHere();
    const set = await supportSet(server, [1]);
    const whole = await server.openai.chat.completions.create(ask("the", { support_set: set }));
    const gone = new AbortController();
    // One runs, so that the others wait for each other.
    const first = server.openai.chat.completions.create(ask("a"));
    const leaving = server.openai.chat.completions.create(ask("the", { support_set: set, max_tokens: 100 }), { signal: gone.signal });
    const left = expect(leaving).rejects.toThrow(OpenAI.APIUserAbortError);
    const staying = await server.openai.chat.completions.create({ ...ask("the", { support_set: set }), stream: true });
    let text = "";
    for await (const { choices } of staying) {
      text += choices[0]?.delta.content ?? "";
      if (text !== "" && !gone.signal.aborted) gone.abort();
    }
    await left;
    expect(text).toBe(whole.choices[0]!.message.content);
    await first;
  });
});

describe("a server with few places", () => {
  it("says to come again; the official client does", async () => {
    const server = await listenHere({ maxRequests: 2 });
    const two = [1, 2].map(() => server.openai.chat.completions.create(ask("the cat", { max_tokens: 100 })));
    while ((await metric(server, "vllm:num_requests_running")) === 0);
    const response = await fetch(`${server.url}/v1/models`);
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toMatchObject({ error: { type: "rate_limit_error", code: "too_many_requests" } });
    const patient = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 60 });
    expect((await patient.chat.completions.create(ask("the"))).choices).toHaveLength(1);
    await Promise.all(two);
  });

  it("gives an answer no more time than it may take, and the place to others", async () => {
    const server = await listenHere({ timeout: 60, maxRequests: 1 });
    const failed = server.openai.chat.completions.create(ask("the cat", { max_tokens: 150, n: 16 }));
    await expect(failed).rejects.toMatchObject({ status: 408, code: "timeout", type: "timeout_error" });
  });

  it("holds no place for a client that stops reading", async () => {
    const server = await listenHere({ maxRequests: 1 });
    const body = JSON.stringify(ask("the cat", { stream: true, max_tokens: 100, logprobs: true, top_logprobs: 20 }));
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.pause();
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    while (Number.isNaN(await metric(server, "vllm:generation_tokens_total")) || (await metric(server, "vllm:generation_tokens_total")) < 100);
    expect((await server.openai.chat.completions.create(ask("the", { max_tokens: 1 }))).choices).toHaveLength(1);
    socket.destroy();
  });
});

describe("a server that stops", () => {
  it("finishes what it has begun, takes nothing more, and is not ready", async () => {
    const server = await listenHere();
    const agent = await server.openai.chat.completions.create({ ...ask("the cat", { max_tokens: 100 }), stream: true });
    const chunks = agent[Symbol.asyncIterator]();
    await chunks.next();
    const drained = server.server.drain();
    let last: OpenAI.ChatCompletionChunk | undefined;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) last = next.value;
    expect(last!.choices[0]!.finish_reason).toBe("length");
    await drained;
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow("fetch failed");
  });
});

describe("what operators read", () => {
  it("is whether it lives, whether it is ready, and numbers", async () => {
    const server = await listenHere();
    for (const path of ["/healthz", "/readyz"]) expect(await (await fetch(server.url + path)).json()).toEqual({ status: "ok" });
    const set = await supportSet(server, [1]);
    await server.openai.chat.completions.create(ask([shown(await pngUrl(1))], { support_set: set, max_tokens: 3 }));
    expect(await metric(server, 'flamingo_requests_total{path="/v1/chat/completions",status="200"}'.replace(/[{}/]/g, "\\$&"))).toBe(1);
    expect(await metric(server, "vllm:generation_tokens_total")).toBe(3);
    for (const each of [
      "time_to_first_token_seconds",
      "e2e_request_latency_seconds",
      "request_decode_time_seconds",
      "request_generation_tokens",
      "request_prompt_tokens",
    ])
      expect(await metric(server, `vllm:${each}_count`), each).toBe(1);
    expect(await metric(server, "vllm:inter_token_latency_seconds_count")).toBe(2);
    expect(await metric(server, "vllm:num_requests_waiting")).toBe(0);
    expect(await metric(server, "vllm:prefix_cache_hits_total")).toBeLessThan(await metric(server, "vllm:prefix_cache_queries_total"));
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^vllm:request_success_total\{model_name="tiny",finished_reason="length"\} 1$/m);
    expect(await metric(server, "flamingo_pictures_total")).toBe(2);
    expect(await metric(server, "flamingo_support_set_bytes")).toBeGreaterThan(0);
    expect(await metric(server, "process_resident_memory_bytes")).toBeGreaterThan(1e7);
    const echoed = await fetch(`${server.url}/healthz`, { headers: { "x-request-id": "mine-1" } });
    expect(echoed.headers.get("x-request-id")).toBe("mine-1");
  });

  it("is a description of everything, as JSON and as a page", async () => {
    const server = await listenHere();
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as { openapi: string; paths: Record<string, unknown> };
    expect(document.openapi).toBe("3.1.0");
    for (const path of [
      "/v1/models",
      "/v1/chat/completions",
      "/v1/completions",
      "/v1/embeddings",
      "/v1/score",
      "/v1/explain",
      "/v1/support-sets",
      "/v1/support-sets/{id}",
      "/healthz",
      "/readyz",
      "/metrics",
    ])
      expect(document.paths).toHaveProperty([path]);
    const page = await (await fetch(`${server.url}/docs`)).text();
    expect(page).toContain("POST /v1/chat/completions");
    expect(page).toContain('<section id="ChatCompletionRequest">');
    expect(page).toContain("As <code>/v1/models</code> names it.");
    expect(page).not.toContain("`");
    // What lies at / says where to look, or what to run.
    expect(await (await fetch(server.url)).text()).toMatch(/<title>flamingo-vlm/);
  });
});
