/** What is wrong is told as OpenAI tells it, with 4xx and the field's name; nothing of it is a fault of the server. */
import { request } from "node:http";
import { Readable } from "node:stream";
import { deflateSync } from "node:zlib";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataUrl, type Listening, listen, listenHere, pngUrl, shown } from "./listening.ts";

let server: Listening;
let picture: string;
beforeAll(async () => {
  server = await listen({ maxBody: 400_000, maxImages: 3, maxPixels: 4_000_000 });
  picture = await pngUrl(1);
});
afterAll(() => server.close());

interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null };
}

async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; error: ErrorBody["error"]; headers: Headers }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(server.url + path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: text });
  return { status: response.status, error: ((await response.json()) as ErrorBody).error, headers: response.headers };
}

const chat = (more: object): object => ({ model: "tiny", messages: [{ role: "user", content: "the" }], max_tokens: 2, ...more });
const explained = (more: object): object => ({ model: "tiny", messages: [{ role: "user", content: [shown(picture)] }], answer: "the cat", ...more });
const about = (url: string): object => chat({ messages: [{ role: "user", content: [shown(url)] }] });
const url = "messages[0].content[0].image_url.url";
const base64 = (text: string): string => dataUrl(Buffer.from(text));

/** A PNG of so many pixels, in a few bytes: its header is true, its rows are not all there. */
function bomb(width: number, height: number): Uint8Array {
  const chunk = (name: string, data: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(name), data, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(1000))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

describe("a chat completion", () => {
  it.each<[what: string, body: () => unknown, status: number, param: string, message: RegExp]>([
    ["malformed JSON", () => '{"model": "tiny", ', 400, "body", /JSON/],
    ["no object", () => "[]", 400, "body", /expected object/],
    ["another model", () => chat({ model: "gpt-4o" }), 404, "model", /no model "gpt-4o" here, only tiny/],
    ["no messages", () => chat({ messages: [] }), 400, "messages", />=1/],
    ["messages that are none", () => chat({ messages: "hello" }), 400, "messages", /expected array/],
    ["a message that is none", () => chat({ messages: ["hello"] }), 400, "messages[0]", /expected object/],
    ["a wrong type", () => chat({ max_tokens: "many" }), 400, "max_tokens", /expected number/],
    ["half a token", () => chat({ max_tokens: 1.5 }), 400, "max_tokens", /expected int/],
    ["no tokens", () => chat({ max_tokens: 0 }), 400, "max_tokens", />=1/],
    ["a temperature that is none", () => chat({ temperature: -1 }), 400, "temperature", />=0/],
    ["an unknown field", () => chat({ max_token: 3 }), 400, "max_token", /no field of this request/],
    ["tools", () => chat({ tools: [{ type: "function", function: { name: "f" } }] }), 400, "tools", /not supported/],
    ["audio", () => chat({ audio: { voice: "x", format: "wav" } }), 400, "audio", /not supported/],
    ["JSON mode", () => chat({ response_format: { type: "json_object" } }), 400, "response_format.type", /expected "text"/],
    ["a penalty", () => chat({ frequency_penalty: 1 }), 400, "frequency_penalty", /can only be 0/],
    ["alternatives without log-probabilities", () => chat({ top_logprobs: 2 }), 400, "top_logprobs", /needs logprobs/],
    ["an empty stop text", () => chat({ stop: "" }), 400, "stop", />=1/],
    ["a role that is none", () => chat({ messages: [{ role: "tool", content: "x", tool_call_id: "1" }] }), 400, "messages[0].role", /./],
    ["a part that is none", () => chat({ messages: [{ role: "user", content: [{ type: "input_audio" }] }] }), 400, "messages[0].content[0].type", /./],
    [
      "an assistant who speaks last",
      () =>
        chat({
          messages: [
            { role: "user", content: "a" },
            { role: "assistant", content: "b" },
          ],
        }),
      400,
      "messages",
      /role user/,
    ],
    [
      "an assistant who speaks first",
      () =>
        chat({
          messages: [
            { role: "assistant", content: "b" },
            { role: "user", content: "a" },
          ],
        }),
      400,
      "messages[0].role",
      /follow/,
    ],
    [
      "a late system message",
      () =>
        chat({
          messages: [
            { role: "user", content: "a" },
            { role: "system", content: "b" },
            { role: "user", content: "c" },
          ],
        }),
      400,
      "messages[1].role",
      /before all/,
    ],
    ["nothing said", () => chat({ messages: [{ role: "user", content: "" }] }), 400, "messages", /prompt is empty/],
    ["more text than the model reads", () => chat({ messages: [{ role: "user", content: "the cat ".repeat(200) }] }), 400, "messages", /tokens/],
    ["a longer answer than fits", () => chat({ max_tokens: 1000 }), 400, "max_tokens", /at most \d+ tokens/],
    [
      "more pictures than allowed",
      () => chat({ messages: [{ role: "user", content: [1, 2, 3, 4].map(() => shown(picture)) }] }),
      400,
      "messages[0].content[3].image_url.url",
      /at most 3/,
    ],
    ["an address", () => about("http://127.0.0.1:1/a.png"), 400, url, /opens no addresses/],
    ["a file's address", () => about("file:///etc/passwd"), 400, url, /opens no addresses/],
    ["a path", () => about("/etc/passwd"), 400, url, /opens no addresses/],
    ["text as a picture", () => about(base64("hello")), 400, url, /not a picture/],
    [
      "a drawing that may point at files",
      () => about(base64('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>')),
      400,
      url,
      /not a picture/,
    ],
    ["no base64", () => about("data:image/png;base64,@@@@"), 400, url, /base64/],
    ["base64 that is cut", () => about(picture.slice(0, -1)), 400, url, /base64/],
    ["a picture that is cut", () => about(picture.slice(0, picture.indexOf(",") + 1 + 400)), 400, url, /damaged or cut short/],
    ["a picture bomb", () => about(dataUrl(bomb(60_000, 60_000))), 400, url, /megapixels/],
    ["a support set that is not there", () => chat({ support_set: "ss_00000000000000000000000000000000" }), 404, "support_set", /no support set/],
    ["a support set that is a path", () => chat({ support_set: "../../etc/passwd" }), 404, "support_set", /no support set/],
  ])("with %s", async (_, body, status, param, message) => {
    for (const stream of [false, true]) {
      const asked = body();
      const found = await post("/v1/chat/completions", typeof asked === "string" ? asked : { ...(asked as object), stream });
      expect(found).toMatchObject({ status, error: { param, type: "invalid_request_error" } });
      expect(found.error.message).toMatch(message);
      expect(JSON.stringify(found.error)).not.toMatch(/\bat .*:\d+:\d+|node_modules/);
    }
  });

  it("whose body is no JSON by its own word, or comes in a form of a page", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
      expect(await post("/v1/chat/completions", chat({}), { "content-type": type })).toMatchObject({ status: 415, error: { param: "body" } });
  });

  it("larger than allowed, whether its length is told or only seen while it is sent", async () => {
    const large = JSON.stringify(about(`data:image/png;base64,${"A".repeat(500_000)}`));
    expect(await post("/v1/chat/completions", large)).toMatchObject({ status: 413, error: { param: "body", code: "request_too_large" } });
    let sent = 0;
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = request(`${server.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
      });
      const more = setInterval(() => {
        sent += 50_000;
        sending.write("A".repeat(50_000));
      }, 5);
      sending.on("response", (response) => {
        clearInterval(more);
        resolve(response.statusCode);
        sending.destroy();
      });
      sending.on("error", (error) => {
        clearInterval(more);
        reject(error);
      });
      sending.write('{"model": "');
    });
    // It would have gone on forever.
    expect(status).toBe(413);
    expect(sent).toBeLessThan(10_000_000);
  });

  it("that comes in parts is read as one that comes whole", async () => {
    const parts = [...JSON.stringify(about(picture))].map((letter) => Buffer.from(letter));
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: Readable.toWeb(Readable.from(parts)),
      duplex: "half",
    } as RequestInit);
    expect(response.status).toBe(200);
  });

  it("is an error of the official client, of its own kind", async () => {
    const failed = server.openai.chat.completions.create(chat({ max_tokens: -1 }) as OpenAI.ChatCompletionCreateParamsNonStreaming);
    await expect(failed).rejects.toThrow(OpenAI.BadRequestError);
    await expect(failed).rejects.toMatchObject({ param: "max_tokens", type: "invalid_request_error" });
  });
});

describe("other resources", () => {
  it.each<[path: string, body: () => object, status: number, param: string]>([
    ["/v1/completions", () => ({ model: "tiny", prompt: [] }), 400, "prompt"],
    ["/v1/completions", () => ({ model: "tiny", prompt: "a", suffix: "b" }), 400, "suffix"],
    ["/v1/completions", () => ({ model: "tiny", prompt: "a <image> b", images: [picture, picture] }), 400, "prompt"],
    ["/v1/completions", () => ({ model: "tiny", prompt: ["a", "b"], images: [picture] }), 400, "images"],
    ["/v1/completions", () => ({ model: "tiny", prompt: ["a", "the cat ".repeat(200)] }), 400, "prompt[1]"],
    ["/v1/embeddings", () => ({ model: "tiny", input: "a text" }), 400, "input"],
    ["/v1/embeddings", () => ({ model: "tiny", input: [picture, "data:,x"] }), 400, "input[1]"],
    ["/v1/embeddings", () => ({ model: "tiny", input: picture, dimensions: 3 }), 400, "dimensions"],
    ["/v1/embeddings", () => ({ model: "tiny", input: [picture, picture, picture, picture] }), 400, "input"],
    ["/v1/score", () => ({ model: "tiny", messages: [{ role: "user", content: "a" }], choices: [] }), 400, "choices"],
    ["/v1/score", () => ({ model: "tiny", messages: [{ role: "user", content: "a" }], choices: ["the cat ".repeat(200)] }), 400, "choices"],
    ["/v1/explain", () => explained({ model: "other" }), 404, "model"],
    ["/v1/explain", () => explained({ answer: "" }), 400, "answer"],
    ["/v1/explain", () => explained({ answer: undefined }), 400, "answer"],
    ["/v1/explain", () => explained({ answer: ["the", "cat"] }), 400, "answer"],
    ["/v1/explain", () => explained({ answer: "the cat ".repeat(200) }), 400, "answer"],
    ["/v1/explain", () => explained({ answer: "x".repeat(2001) }), 400, "answer"],
    ["/v1/explain", () => explained({ ranges: [[0, 1]] }), 400, "ranges"],
    ["/v1/explain", () => explained({ messages: [{ role: "user", content: "the" }] }), 400, "messages"],
    [
      "/v1/explain",
      () => explained({ messages: [{ role: "user", content: [shown(picture), { type: "text", text: "the cat ".repeat(200) }] }] }),
      400,
      "messages",
    ],
    ["/v1/explain", () => explained({ messages: [{ role: "user", content: [shown(picture.slice(0, 400))] }] }), 400, url],
    ["/v1/explain", () => explained({ messages: [{ role: "user", content: [shown("http://127.0.0.1:1/a.png")] }] }), 400, url],
    [
      "/v1/explain",
      () => explained({ messages: [{ role: "user", content: [1, 2, 3, 4].map(() => shown(picture)) }] }),
      400,
      "messages[0].content[3].image_url.url",
    ],
    ["/v1/explain", () => explained({ support_set: "ss_1" }), 404, "support_set"],
    ["/v1/support-sets", () => ({ model: "tiny", examples: [] }), 400, "examples"],
    ["/v1/support-sets", () => ({ model: "tiny", examples: [{ image: base64("x"), text: "a" }] }), 400, "examples[0].image"],
    ["/v1/support-sets", () => ({ model: "tiny", examples: [{ image: picture, text: "the cat ".repeat(200) }] }), 400, "examples"],
    ["/v1/support-sets", () => ({ model: "tiny", examples: [1, 2, 3, 4].map(() => ({ image: picture, text: "a" })) }), 400, "examples"],
  ])("%s %#", async (path, body, status, param) => {
    expect(await post(path, body())).toMatchObject({ status, error: { param } });
  });

  it("that are not there", async () => {
    expect(await post("/v1/images/generations", {})).toMatchObject({ status: 404, error: { param: "path" } });
    for (const path of ["/v1/support-sets/ss_1", "/v1/support-sets/..%2f..%2fetc%2fpasswd"]) {
      const response = await fetch(server.url + path, { method: "DELETE" });
      expect(response.status).toBe(404);
    }
  });
});

describe("a key", () => {
  it("is asked for before anything else is looked at", async () => {
    const { url: address, openai } = await listenHere({ apiKey: "secret" });
    for (const authorization of [undefined, "Bearer other", "secret", "Basic secret"]) {
      const response = await fetch(`${address}/v1/models`, authorization === undefined ? {} : { headers: { authorization } });
      expect(response.status).toBe(401);
      expect((await response.json()) as ErrorBody).toMatchObject({ error: { type: "authentication_error", code: "invalid_api_key" } });
    }
    expect((await openai.models.list()).data).toHaveLength(1);
    const wrong = new OpenAI({ baseURL: `${address}/v1`, apiKey: "other", maxRetries: 0 });
    await expect(wrong.models.list()).rejects.toThrow(OpenAI.AuthenticationError);
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
  });
});
