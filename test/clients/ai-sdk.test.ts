/** The AI SDK, unchanged: over HTTP with @ai-sdk/openai-compatible, and with the model in this process. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateText, type LanguageModel, type ModelMessage, Output, streamText, tool } from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { flamingo } from "../../src/ai/ai.ts";
import { ConfigError, DataError, image } from "../../src/index.ts";
import { collected, type Listening } from "../serve/listening.ts";
import { answerTokens, crown, idle, otherTurtle, rightAnswer, serveNano, turtle, webp } from "./nano-task.ts";

let server: Listening;
let overHttp: LanguageModel;
let inProcess: LanguageModel;
beforeAll(async () => {
  server = await serveNano();
  overHttp = createOpenAICompatible({ name: "flamingo", baseURL: `${server.url}/v1`, apiKey: "secret", includeUsage: true })("nano");
  inProcess = flamingo(server.model);
});
afterAll(() => server.close());

const file = (data: string | Uint8Array, mediaType = "image/webp") => ({ type: "file" as const, data, mediaType });
/** Pictures in all forms that the AI SDK takes. */
const taught: ModelMessage[] = [
  { role: "user", content: [file(turtle)] },
  { role: "assistant", content: "a dax" },
  { role: "user", content: [file(webp(crown))] },
  { role: "assistant", content: [{ type: "text", text: "a blick" }] },
  { role: "user", content: [file(otherTurtle.toString("base64"))] },
];
const shapes = tool({ description: "draws", inputSchema: z.object({ name: z.string() }), execute: async () => "drawn" });
/** Without an end that the model would find itself. */
const long = { messages: [{ role: "user" as const, content: "a" }], temperature: 2, seed: 1, maxOutputTokens: 200 };

describe.each<[name: string, model: () => LanguageModel]>([
  ["over HTTP", () => overHttp],
  ["in this process", () => inProcess],
])("%s", (name, model) => {
  it("answers after examples, and tells its tokens", async () => {
    const { text, finishReason, usage, warnings } = await generateText({ model: model(), messages: taught });
    expect({ text, finishReason, warnings }).toEqual({ text: rightAnswer, finishReason: "stop", warnings: [] });
    const inputTokens = await server.model.check([{ media: image(turtle), text: "a dax" }, { media: image(crown), text: "a blick" }, image(otherTurtle)]);
    expect(usage).toMatchObject({ inputTokens, outputTokens: answerTokens, totalTokens: inputTokens + answerTokens });
  });

  it("streams", async () => {
    const result = streamText({ model: model(), messages: taught });
    const deltas = await collected(result.textStream);
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.join("")).toBe(rightAnswer);
    expect(await result.finishReason).toBe("stop");
    expect((await result.usage).outputTokens).toBe(answerTokens);
  });

  it("takes the options of drawing", async () => {
    const asked = { ...long, maxOutputTokens: 6, topP: 0.9, stopSequences: ["\n"] };
    const [one, two] = [await generateText({ model: model(), ...asked }), await generateText({ model: model(), ...asked })];
    expect(one.text).toBe(two.text);
    expect(one.finishReason).toBe("length");
    expect(one.usage.outputTokens).toBe(6);
  });

  it("refuses tools and JSON, and says so", async () => {
    const refused = name === "over HTTP" ? APICallError : ConfigError;
    const tools = generateText({ model: model(), messages: taught, tools: { shapes }, maxRetries: 0 });
    await expect(tools).rejects.toThrow(refused);
    await expect(tools).rejects.toThrow(/tools.*leave (it|them) out/);
    const json = generateText({ model: model(), messages: taught, output: Output.object({ schema: z.object({ name: z.string() }) }), maxRetries: 0 });
    await expect(json).rejects.toThrow(refused);
    await expect(json).rejects.toThrow(/text/);
  });

  it("says what is wrong with a picture, and with the order of messages", async () => {
    const refused = name === "over HTTP" ? APICallError : DataError;
    const broken = generateText({ model: model(), messages: [{ role: "user", content: [file(turtle.subarray(0, 500))] }], maxRetries: 0 });
    await expect(broken).rejects.toThrow(refused);
    await expect(broken).rejects.toThrow(/damaged or cut short/);
    const order = generateText({ model: model(), messages: [{ role: "assistant", content: "a dax" }], maxRetries: 0 });
    await expect(order).rejects.toThrow(/must end with what the user asks/);
  });

  it("stops when nobody reads on, and when it is told to", async () => {
    const stop = new AbortController();
    const told = streamText({ model: model(), ...long, abortSignal: stop.signal, onError: () => {} });
    let seen = 0;
    for await (const _ of told.textStream) if (++seen === 2) stop.abort();
    expect(seen).toBeLessThan(100);
    const reader = streamText({ model: model(), ...long, abortSignal: AbortSignal.timeout(60_000) }).textStream.getReader();
    await reader.read();
    await reader.cancel();
    await idle(server);
    // And answers the next one.
    expect((await generateText({ model: model(), messages: taught })).text).toBe(rightAnswer);
  });
});

describe("in this process", () => {
  it("begins with a support set, whose tokens were read before", async () => {
    const set = await server.model.supportSet([
      { media: image(turtle), text: "a dax" },
      { media: image(crown), text: "a blick" },
    ]);
    try {
      const { text, usage } = await generateText({
        model: flamingo(server.model, { supportSet: set }),
        messages: [{ role: "user", content: [file(otherTurtle)] }],
      });
      expect(text).toBe(rightAnswer);
      expect(usage.inputTokenDetails.cacheReadTokens).toBe(set.tokens);
      expect(usage.inputTokens).toBeGreaterThan(set.tokens);
      const late = generateText({ model: flamingo(server.model, { supportSet: set }), system: "Say it.", messages: [{ role: "user", content: "a" }] });
      await expect(late).rejects.toThrow(/support set begins the prompt/);
    } finally {
      await set.dispose();
    }
  });

  it("warns of what changes nothing here", async () => {
    const { warnings } = await generateText({ model: inProcess, messages: taught, presencePenalty: 1, reasoning: "high" });
    expect(warnings).toEqual([
      { type: "unsupported", feature: "presencePenalty" },
      { type: "unsupported", feature: "reasoning" },
    ]);
  });
});
