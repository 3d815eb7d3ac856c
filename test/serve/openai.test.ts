/** The official client, unchanged, against the listening server. */
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { image, type Prompt } from "../../src/index.ts";
import { collected, dataUrl, type Listening, listen, png, shown } from "./listening.ts";

let server: Listening;
let a: Uint8Array;
let b: Uint8Array;
let c: Uint8Array;
beforeAll(async () => {
  server = await listen();
  [a, b, c] = await Promise.all([png(1), png(2), png(3)]);
});
afterAll(() => server.close());

type Messages = OpenAI.ChatCompletionMessageParam[];

/** Two examples in turns of their own, and a question. */
const fewShot = (): Messages => [
  { role: "user", content: [shown(dataUrl(a))] },
  { role: "assistant", content: "the cat" },
  { role: "user", content: [{ type: "text", text: "and" }, shown(dataUrl(b))] },
  { role: "assistant", content: "the hat" },
  { role: "user", content: [shown(dataUrl(c)), { type: "text", text: "the" }] },
];
const same = (): Prompt => [{ media: image(a), text: "the cat" }, { media: image(b), text: "and the hat" }, image(c), "the"];

const ask = (more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}): OpenAI.ChatCompletionCreateParamsNonStreaming => ({
  model: "tiny",
  messages: fewShot(),
  max_tokens: 6,
  ...more,
});

describe("models", () => {
  it("are listed, and had by name", async () => {
    const list = await server.openai.models.list();
    expect(list.data).toEqual([{ id: "tiny", object: "model", created: expect.any(Number) as number, owned_by: "flamingo-vlm" }]);
    expect(await server.openai.models.retrieve("tiny")).toMatchObject({ id: "tiny" });
    await expect(server.openai.models.retrieve("other")).rejects.toThrow(OpenAI.NotFoundError);
  });
});

describe("chat completions", () => {
  it("answer as the library does", async () => {
    const { data, response } = await server.openai.chat.completions.create(ask()).withResponse();
    const [choice] = data.choices;
    expect(choice).toEqual({
      index: 0,
      message: { role: "assistant", content: (await server.model.generateText(same(), { maxTokens: 6 })).trimStart(), refusal: null },
      finish_reason: "length",
      logprobs: null,
    });
    const prompt_tokens = await server.model.check(same());
    expect(data).toMatchObject({ object: "chat.completion", model: "tiny", usage: { prompt_tokens, completion_tokens: 6, total_tokens: prompt_tokens + 6 } });
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  });

  it("take several pairs in one message, and text before the first example", async () => {
    const messages: Messages = [
      { role: "system", content: "a mat" },
      {
        role: "user",
        content: [
          shown(dataUrl(a)),
          { type: "text", text: "the cat" },
          shown(dataUrl(b)),
          { type: "text", text: "and the hat" },
          shown(dataUrl(c)),
          { type: "text", text: "the" },
        ],
      },
    ];
    const { choices } = await server.openai.chat.completions.create(ask({ messages }));
    expect(choices[0]!.message.content).toBe((await server.model.generateText(["a mat", ...same()], { maxTokens: 6 })).trimStart());
  });

  it("show the pictures: another one is another answer", async () => {
    const logprobs = { logprobs: true, top_logprobs: 3 };
    const other = fewShot();
    other[0] = { role: "user", content: [shown(dataUrl(await png(9)))] };
    const [one, two] = await Promise.all([ask(logprobs), ask({ ...logprobs, messages: other })].map((each) => server.openai.chat.completions.create(each)));
    expect(one!.choices[0]!.logprobs!.content![0]!.logprob).not.toBe(two!.choices[0]!.logprobs!.content![0]!.logprob);
  });

  it("tell log-probabilities, the library's own, the likeliest first", async () => {
    const { choices } = await server.openai.chat.completions.create(ask({ logprobs: true, top_logprobs: 3 }));
    const pieces = await collected(server.model.generate(same(), { maxTokens: 6 }));
    const told = choices[0]!.logprobs!.content!;
    expect(told.map(({ logprob }) => logprob)).toEqual(pieces.map(({ logProbability }) => expect.closeTo(logProbability, 4) as number));
    for (const { token, logprob, bytes, top_logprobs } of told) {
      expect(top_logprobs).toHaveLength(3);
      expect(top_logprobs[0]).toEqual({ token, logprob, bytes });
      expect(top_logprobs.map((each) => each.logprob)).toEqual(top_logprobs.map((each) => each.logprob).toSorted((x, y) => y - x));
      if (bytes !== null) expect(Buffer.from(bytes).toString()).toBe(token);
    }
  });

  it("stop at a text, which is not part of the answer", async () => {
    const whole = (await server.openai.chat.completions.create(ask({ max_tokens: 20 }))).choices[0]!.message.content!;
    const stop = whole.slice(3, 5);
    const { choices } = await server.openai.chat.completions.create(ask({ max_tokens: 20, stop }));
    expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { content: whole.slice(0, whole.indexOf(stop)) } });
  });

  it("give several answers, which a seed makes the same again", async () => {
    const drawn = ask({ n: 3, temperature: 1.5, seed: 7 });
    const [one, two] = [await server.openai.chat.completions.create(drawn), await server.openai.chat.completions.create(drawn)];
    const texts = one.choices.map(({ message }) => message.content);
    expect(one.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set(texts).size).toBe(3);
    expect(two.choices.map(({ message }) => message.content)).toEqual(texts);
    const second = await server.model.generateText(same(), { maxTokens: 6, temperature: 1.5, seed: 8 });
    expect(texts[1]).toBe(second.trimStart());
  });

  it("take what OpenAI's clients add and what changes nothing, null for what is left out", async () => {
    const messages: Messages = [...fewShot().slice(0, -1), { role: "user", content: "the", name: "somebody" }];
    const extras = {
      user: "u",
      metadata: { a: "b" },
      store: false,
      service_tier: "auto",
      response_format: { type: "text" },
      presence_penalty: 0,
      tools: null,
      stop: null,
      seed: null,
    } as const;
    const answered = await server.openai.chat.completions.create(ask({ messages, ...(extras as object) }));
    // What was answered goes back as it came.
    const again = await server.openai.chat.completions.create(ask({ messages: [...messages, answered.choices[0]!.message, { role: "user", content: "and" }] }));
    expect(again.usage!.prompt_tokens).toBeGreaterThan(answered.usage!.prompt_tokens);
  });
});

describe("streams", () => {
  it("are the same answer in pieces, with the role first, the reason and the usage last", async () => {
    const whole = await server.openai.chat.completions.create(ask({ logprobs: true }));
    const stream = await server.openai.chat.completions.create({ ...ask({ logprobs: true }), stream: true, stream_options: { include_usage: true } });
    const chunks = await collected(stream);
    expect(new Set(chunks.map(({ id, created, object }) => [id, created, object].join()))).toHaveLength(1);
    expect(chunks[0]!.choices[0]!.delta).toEqual({ role: "assistant", content: "", refusal: null });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe(whole.choices[0]!.message.content);
    expect(chunks.flatMap(({ choices }) => choices[0]?.logprobs?.content ?? [])).toEqual(whole.choices[0]!.logprobs!.content);
    expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(["length"]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it("go through the client's own helper", async () => {
    const runner = server.openai.chat.completions.stream({ ...ask(), stream: true });
    expect(await runner.finalContent()).toBe((await server.model.generateText(same(), { maxTokens: 6 })).trimStart());
  });

  it("are events as OpenAI writes them", async () => {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...ask(), stream: true }),
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const text = await response.text();
    expect(text).toMatch(/^(?:data: \{.*\}\n\n)+data: \[DONE\]\n\n$/);
    expect(text).not.toContain('"usage"');
  });
});

describe("a client that goes away", () => {
  const metric = async (name: string): Promise<number> => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, "m").exec(metrics)![1]);
  };
  const until = async (count: number): Promise<void> => {
    while ((await metric("vllm:num_requests_running")) !== count) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  it("frees its place at the next token, whether it streams or waits", async () => {
    const before = await metric("vllm:generation_tokens_total");
    const long = ask({ max_tokens: 120 });
    const stream = await server.openai.chat.completions.create({ ...long, stream: true });
    let seen = 0;
    for await (const { choices } of stream) {
      if (choices[0]?.delta.content !== "") seen += 1;
      if (seen === 2) break;
    }
    await until(0);
    const gone = new AbortController();
    const waited = server.openai.chat.completions.create(long, { signal: gone.signal });
    await until(1);
    gone.abort();
    await expect(waited).rejects.toThrow(OpenAI.APIUserAbortError);
    await until(0);
    // Neither of the two was made to its end.
    expect((await metric("vllm:generation_tokens_total")) - before).toBeLessThan(200);
  });
});

describe("completions", () => {
  it("go on with a text, which holds no markers", async () => {
    const { choices, usage } = await server.openai.completions.create({ model: "tiny", prompt: ["the <image>", "a cat"], max_tokens: 4, logprobs: 2 });
    const texts = await server.model.generateTexts([["the <image>"], ["a cat"]], { maxTokens: 4 });
    expect(choices.map(({ text }) => text)).toEqual(texts);
    expect(choices[0]!.logprobs!.tokens).toHaveLength(4);
    expect(usage!.completion_tokens).toBe(8);
  });

  it("with pictures are the model's own form of a prompt", async () => {
    const { choices } = await server.openai.completions.create({
      model: "tiny",
      prompt: "<image>the cat<|endofchunk|><image>and the hat<|endofchunk|><image>the",
      max_tokens: 6,
      ...({ images: [a, b, c].map((bytes) => dataUrl(bytes)) } as object),
    });
    expect(choices[0]!.text).toBe(await server.model.generateText(same(), { maxTokens: 6 }));
  });

  it("stream", async () => {
    const stream = await server.openai.completions.create({ model: "tiny", prompt: "a cat", max_tokens: 4, stream: true });
    const chunks = await collected(stream);
    expect(chunks.map(({ choices }) => choices[0]!.text).join("")).toBe(await server.model.generateText(["a cat"], { maxTokens: 4 }));
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe("length");
  });
});

describe("embeddings", () => {
  it("are the encoder's mean features, of length 1, as numbers and as the client asks for them", async () => {
    const input = [dataUrl(a), dataUrl(b)];
    const { data } = await server.openai.embeddings.create({ model: "tiny", input });
    const plain = await server.openai.embeddings.create({ model: "tiny", input, encoding_format: "float" });
    const { data: features, shape } = await server.model.embed(image(a));
    const width = shape[2]!;
    const mean = Array.from({ length: width }, (_, i) => (features as Float32Array).filter((_, at) => at % width === i).reduce((sum, value) => sum + value, 0));
    const length = Math.hypot(...mean);
    expect(plain.data[0]!.embedding).toEqual(mean.map((value) => expect.closeTo(value / length, 4) as number));
    expect(data.map(({ embedding }) => embedding)).toEqual(plain.data.map(({ embedding }) => embedding.map((value) => expect.closeTo(value, 6) as number)));
  });
});
