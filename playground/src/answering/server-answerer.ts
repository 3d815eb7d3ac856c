import type { Picture, Prompt } from "../task/task.ts";
import { AnswerError, type AnswerErrorKind, type Answerer, type AnsweringModel, type AnswerPiece, type ExplainedAnswer } from "./answerer.ts";
import { camelCased } from "./camel-case.ts";
import { conversationOf, placeOf } from "./conversation.ts";
import { eventData } from "./event-stream.ts";

interface ErrorBody {
  readonly error: { readonly message: string; readonly param: string | null };
}

const embeddedTogether = 16;

const kinds: Readonly<Record<number, AnswerErrorKind>> = { 401: "locked", 429: "busy", 503: "loading" };

/** A server: the one that the page came from, or any other that allows this page to ask it. */
export class ServerAnswerer implements Answerer {
  private readonly base: URL;
  private readonly key: () => string;
  private named: string | undefined;

  /** @param base - the address that `v1/` lies under @param key - the API key, empty where there is none */
  constructor(base: URL, key: () => string) {
    this.base = base;
    this.key = key;
  }

  async model(signal: AbortSignal): Promise<AnsweringModel> {
    const { data } = (await (await this.fetch("v1/models", { signal })).json()) as { data: readonly { id: string }[] };
    this.named = data[0]!.id;
    return { name: this.named };
  }

  async *answer(prompt: Prompt, signal: AbortSignal): AsyncGenerator<AnswerPiece> {
    const response = await this.post("v1/chat/completions", { messages: conversationOf(prompt), stream: true }, prompt, signal);
    try {
      for await (const data of eventData(response.body!)) {
        const event = JSON.parse(data) as ErrorBody | { choices: readonly { delta: { content?: string } }[] };
        if ("error" in event) throw errorOf("failed", event, prompt);
        const content = event.choices[0]?.delta.content ?? "";
        if (content !== "") yield { text: content };
      }
    } catch (error) {
      throw error instanceof AnswerError || signal.aborted ? error : gone();
    }
  }

  async score(prompt: Prompt, choices: readonly string[], signal: AbortSignal): Promise<readonly number[]> {
    const response = await this.post("v1/score", { messages: conversationOf(prompt), choices }, prompt, signal);
    return ((await response.json()) as { choices: readonly { probability: number }[] }).choices.map(({ probability }) => probability);
  }

  async explain(prompt: Prompt, answer: string, signal: AbortSignal): Promise<ExplainedAnswer> {
    const response = await this.post("v1/explain", { messages: conversationOf(prompt), answer }, prompt, signal);
    return camelCased(await response.json()) as ExplainedAnswer;
  }

  async embed(pictures: readonly Picture[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    const vectors: Float32Array[] = [];
    // A request may hold so many pictures and no more.
    for (let at = 0; at < pictures.length; at += embeddedTogether) {
      const input = pictures.slice(at, at + embeddedTogether).map(({ url }) => url);
      const response = await this.post("v1/embeddings", { input }, undefined, signal);
      const { data } = (await response.json()) as { data: readonly { embedding: readonly number[] }[] };
      vectors.push(...data.map(({ embedding }) => Float32Array.from(embedding)));
    }
    return vectors;
  }

  dispose(): void {}

  private async post(path: string, content: object, prompt: Prompt | undefined, signal: AbortSignal): Promise<Response> {
    const body = JSON.stringify({ model: this.named ?? (await this.model(signal)).name, ...content });
    return this.fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body, signal }, prompt);
  }

  private async fetch(path: string, request: RequestInit, prompt?: Prompt): Promise<Response> {
    const key = this.key();
    const headers = { ...request.headers, ...(key === "" ? {} : { authorization: `Bearer ${key}` }) };
    const response = await fetch(new URL(path, this.base), { ...request, headers }).catch((error: unknown) => {
      throw request.signal?.aborted === true ? error : gone();
    });
    if (response.ok) return response;
    const body = (await response.json().catch(() => undefined)) as ErrorBody | undefined;
    throw errorOf(kinds[response.status] ?? (response.status < 500 ? "wrong" : "failed"), body ?? `The server answered with ${response.status}.`, prompt);
  }
}

const gone = (): AnswerError => new AnswerError("gone", "The server does not answer.");

/** Fields have names that nobody sees in the page. */
function errorOf(kind: AnswerErrorKind, body: ErrorBody | string, prompt: Prompt | undefined): AnswerError {
  if (typeof body === "string") return new AnswerError(kind, body);
  const { message, param } = body.error;
  if (param === null) return new AnswerError(kind, sentence(message));
  const subject = param.includes("image_url") ? "This picture" : param.startsWith("messages") ? "This text" : "The request";
  const readable = message.startsWith(param)
    ? message.slice(param.length).replace(/^:? /, `${subject} `).replace(`${subject} a request`, "A request")
    : message;
  return new AnswerError(kind, sentence(readable), prompt === undefined ? undefined : placeOf(param, prompt));
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
