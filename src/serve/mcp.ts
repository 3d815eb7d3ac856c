import { McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";
import type { errorBody } from "./schemas.ts";

export interface McpOptions {
  /** Answers a request to the server's own interface: `/v1/score`. */
  readonly ask: (path: string, body: object, signal: AbortSignal) => Promise<Response>;
  /** Of the model, once it is loaded. */
  readonly model: () => Promise<string>;
  /** What `picture` may say, for those who call the tools. */
  readonly pictureHelp: string;
  /** What a caller gave for a picture, as a data URL. */
  readonly pictureUrl: (given: string) => Promise<string> | string;
  readonly version: string;
}

/** Tokens of an answer, unless the caller says otherwise. */
const defaultMaxTokens = 30;

/** What a question was asked about a picture, as models learn it; without one, what is simply said about it. */
const questionText = (question: string | undefined): string => (question === undefined ? "" : `Question: ${question} Answer:`);

type Part = { readonly type: "text"; readonly text: string } | { readonly type: "image_url"; readonly image_url: { readonly url: string } };

/** What the server has refused, for whoever called the tool. */
class RefusedError extends Error {}

/**
 * The tools of the Model Context Protocol. Each asks the server's own interface, so that both have the same limits, the same queue and the same support sets.
 */
export function mcpServer({ ask, model, pictureHelp, pictureUrl, version }: McpOptions): McpServer {
  const picture = z.string().describe(pictureHelp);
  const question = z.string().min(1).optional().describe("Without it the picture is captioned. A model that was taught with a question is asked the same one.");
  const task = z.string().optional().describe("The id that the tool teach gave: its examples come first.");
  const maxTokens = z.int().min(1).max(256).default(defaultMaxTokens).describe("Of the answer.");
  const example = z.strictObject({ picture, question, answer: z.string().min(1).describe("What is right to say about the picture: `a dax`, `red`.") });
  const server = new McpServer({ name: "flamingo-vlm", title: "Flamingo", version });

  const post = async <Answer>(path: string, body: object, signal: AbortSignal): Promise<Answer> => {
    const response = await ask(path, { model: await model(), ...body }, signal);
    const said = await response.json();
    if (!response.ok) throw new RefusedError((said as z.output<typeof errorBody>).error.message);
    return said as Answer;
  };

  const shown = async (given: string, asked: string | undefined): Promise<Part[]> => {
    const text = questionText(asked);
    return [{ type: "image_url", image_url: { url: await pictureUrl(given) } }, ...(text === "" ? [] : [{ type: "text" as const, text }])];
  };

  const answered = async (given: { picture: string; question?: string | undefined; task?: string | undefined; max_tokens: number }, signal: AbortSignal) => {
    const { choices } = await post<{ choices: [{ message: { content: string } }] }>(
      "/v1/chat/completions",
      {
        messages: [{ role: "user", content: await shown(given.picture, given.question) }],
        max_tokens: given.max_tokens,
        ...(given.task === undefined ? {} : { support_set: given.task }),
      },
      signal,
    );
    const answer = choices[0].message.content;
    return { content: [{ type: "text" as const, text: answer }], structuredContent: { answer } };
  };

  const answerOutput = z.strictObject({ answer: z.string() });
  const reads = { readOnlyHint: true, openWorldHint: false };

  server.registerTool(
    "caption",
    {
      title: "Say what is on a picture",
      description: "Says in a few words what a picture shows. With a task that was taught, says what the task's examples would have said about it.",
      inputSchema: z.strictObject({ picture, task, max_tokens: maxTokens }),
      outputSchema: answerOutput,
      annotations: reads,
    },
    (given, { mcpReq }) => told(() => answered(given, mcpReq.signal)),
  );

  server.registerTool(
    "answer",
    {
      title: "Answer a question about a picture",
      description: "Answers a short question about a picture: What colour is it? Is this an animal? With a task that was taught, after its examples.",
      inputSchema: z.strictObject({ picture, question: z.string().min(1), task, max_tokens: maxTokens }),
      outputSchema: answerOutput,
      annotations: reads,
    },
    (given, { mcpReq }) => told(() => answered(given, mcpReq.signal)),
  );

  server.registerTool(
    "teach",
    {
      title: "Teach a task from examples",
      description:
        "Reads pictures with what is right to say about each, once. Gives an id, with which caption, answer and classify do the same for other pictures. The same examples have the same id.",
      inputSchema: z.strictObject({ examples: z.array(example).min(1) }),
      outputSchema: z.strictObject({ task: z.string(), examples: z.int(), tokens: z.int() }),
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    ({ examples }, { mcpReq }) =>
      told(async () => {
        const read = await Promise.all(
          examples.map(async (each) => ({ image: await pictureUrl(each.picture), text: [questionText(each.question), each.answer].filter(Boolean).join(" ") })),
        );
        const made = await post<{ id: string; examples: number; tokens: number }>("/v1/support-sets", { examples: read }, mcpReq.signal);
        return {
          content: [{ type: "text", text: `The task is ${made.id}, from ${made.examples} ${made.examples === 1 ? "example" : "examples"}.` }],
          structuredContent: { task: made.id, examples: made.examples, tokens: made.tokens },
        };
      }),
  );

  server.registerTool(
    "classify",
    {
      title: "Choose among answers",
      description: "Tells which of several answers fits a picture best, and how likely each is, after the examples that are given or were taught.",
      inputSchema: z.strictObject({
        picture,
        choices: z.array(z.string().min(1)).min(2).max(100),
        question,
        task,
        examples: z.array(example).default([]).describe("Shown before the picture, after those of the task."),
      }),
      outputSchema: z.strictObject({ choice: z.string(), probabilities: z.array(z.strictObject({ choice: z.string(), probability: z.number() })) }),
      annotations: reads,
    },
    (given, { mcpReq }) =>
      told(async () => {
        const turns = await Promise.all(
          given.examples.map(async (each) => [
            { role: "user", content: await shown(each.picture, each.question) },
            { role: "assistant", content: each.answer },
          ]),
        );
        const { choices } = await post<{ choices: { text: string; probability: number }[] }>(
          "/v1/score",
          {
            messages: [...turns.flat(), { role: "user", content: await shown(given.picture, given.question) }],
            choices: given.choices,
            ...(given.task === undefined ? {} : { support_set: given.task }),
          },
          mcpReq.signal,
        );
        const sorted = choices.toSorted((a, b) => b.probability - a.probability).map(({ text, probability }) => ({ choice: text, probability }));
        return {
          content: [{ type: "text", text: sorted.map(({ choice, probability }) => `${choice}: ${(100 * probability).toFixed(1)}%`).join("\n") }],
          structuredContent: { choice: sorted[0]!.choice, probabilities: sorted },
        };
      }),
  );

  return server;
}

interface ToolResult {
  readonly content: { readonly type: "text"; readonly text: string }[];
  readonly structuredContent?: Record<string, unknown>;
  readonly isError?: boolean;
  readonly [other: string]: unknown;
}

/** A failure is told to the model that called the tool, which may do better. */
async function told(work: () => Promise<ToolResult>): Promise<ToolResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RefusedError || (error instanceof Error && error.name === "DataError"))
      return { content: [{ type: "text", text: error.message }], isError: true };
    throw error;
  }
}
