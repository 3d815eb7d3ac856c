/** LangChain's client of OpenAI, unchanged, with its address set to the server. */
import { AIMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import { ChatOpenAI, OpenAI } from "@langchain/openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { image, type Medium } from "../../src/index.ts";
import { collected, type Listening, shown } from "../serve/listening.ts";
import { answerTokens, crown, idle, otherTurtle, rightAnswer, serveNano, turtle, webp } from "./nano-task.ts";

let server: Listening;
let chat: ChatOpenAI;
beforeAll(async () => {
  server = await serveNano();
  chat = new ChatOpenAI({ model: "nano", apiKey: "secret", configuration: { baseURL: `${server.url}/v1` }, maxRetries: 0 });
});
afterAll(() => server.close());

const taught = () => [
  new HumanMessage({ content: [shown(webp(turtle))] }),
  new AIMessage("a dax"),
  // LangChain's own form of a picture.
  new HumanMessage({ content: [{ type: "image", source_type: "base64", mime_type: "image/webp", data: crown.toString("base64") }] }),
  new AIMessage("a blick"),
  new HumanMessage({ content: [shown(webp(otherTurtle))] }),
];

it("answers after examples, and tells its tokens", async () => {
  const { content, usage_metadata, response_metadata } = await chat.invoke(taught());
  expect(content).toBe(rightAnswer);
  expect(usage_metadata).toMatchObject({ output_tokens: answerTokens });
  expect(response_metadata).toMatchObject({ finish_reason: "stop" });
});

it("goes on with what it was answered, and with text before", async () => {
  const first = await chat.invoke(taught());
  const { content } = await chat.invoke([new SystemMessage("Words for things."), ...taught(), first, new HumanMessage({ content: [shown(webp(crown))] })]);
  const [dax, blick, again] = [turtle, crown, otherTurtle].map((picture) => image(picture)) as [Medium, Medium, Medium];
  const prompt = ["Words for things.", { media: dax, text: "a dax" }, { media: blick, text: "a blick" }, { media: again, text: rightAnswer }, blick];
  expect(content).toBe((await server.model.generateText(prompt)).trimStart());
});

it("streams, with its tokens at the end", async () => {
  const chunks = await collected(await chat.stream(taught()));
  expect(chunks.map(({ content }) => content).join("")).toBe(rightAnswer);
  expect(chunks.find(({ usage_metadata }) => usage_metadata !== undefined)!.usage_metadata).toMatchObject({ output_tokens: answerTokens });
});

it("answers many at once", async () => {
  const answers = await chat.batch([taught(), taught(), taught()]);
  expect(answers.map(({ content }) => content)).toEqual([rightAnswer, rightAnswer, rightAnswer]);
});

it("goes on with a text", async () => {
  const completions = new OpenAI({ model: "nano", apiKey: "secret", maxTokens: 4, configuration: { baseURL: `${server.url}/v1` }, maxRetries: 0 });
  expect(typeof (await completions.invoke("Question: What colour is it? Answer:"))).toBe("string");
});

it("refuses tools and JSON, and says so", async () => {
  const draws = { type: "function" as const, function: { name: "draw", description: "draws", parameters: { type: "object", properties: {} } } };
  await expect(chat.bindTools([draws]).invoke(taught())).rejects.toMatchObject({
    status: 400,
    param: "tools",
    message: expect.stringContaining("not supported") as string,
  });
  const structured = chat.withStructuredOutput({ title: "thing", type: "object", properties: { name: { type: "string" } } }, { method: "jsonMode" });
  await expect(structured.invoke(taught())).rejects.toMatchObject({ status: 400, param: "response_format.type" });
});

it("stops when it is told to", async () => {
  const stop = new AbortController();
  const long = new ChatOpenAI({
    model: "nano",
    apiKey: "secret",
    temperature: 2,
    maxTokens: 200,
    configuration: { baseURL: `${server.url}/v1` },
    maxRetries: 0,
  });
  let seen = 0;
  const read = async (): Promise<void> => {
    for await (const _ of await long.stream("a", { signal: stop.signal })) if (++seen === 3) stop.abort();
  };
  await read().catch(() => {});
  expect(seen).toBeLessThan(100);
  await idle(server);
});
