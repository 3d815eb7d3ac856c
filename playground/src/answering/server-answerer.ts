import type { Example, Picture, Prompt } from "../task/task.ts";
import { AnswerError, type AnswerErrorKind, type Answerer, type AnsweringModel, type AnswerPiece, type ExplainedAnswer, type Place } from "./answerer.ts";
import { camelCased } from "./camel-case.ts";
import { type About, conversationOf, placeOf } from "./conversation.ts";
import { eventData } from "./event-stream.ts";
import { ReadOnServer, type ReadSet } from "./read-on-server.ts";

interface ErrorBody {
  readonly error: { readonly message: string; readonly param: string | null; readonly code: string | null };
}

/** What a server says about a request that it does not do. */
class RefusedError extends AnswerError {
  readonly code: string | null;

  constructor(kind: AnswerErrorKind, message: string, place: Place | undefined, code: string | null) {
    super(kind, message, place);
    this.code = code;
  }
}

/** The answer to a question, and what was read before it was asked. */
interface AnsweredQuestion {
  readonly response: Response;
  readonly examples?: ReadSet;
  readonly about: About;
  /** When it was asked, on the clock of `performance.now()`. */
  readonly started: number;
}

const embeddedTogether = 16;

const kinds: Readonly<Record<number, AnswerErrorKind>> = { 401: "locked", 429: "busy", 503: "loading" };

/** A server: the one that the page came from, or any other that allows this page to ask it. */
export class ServerAnswerer implements Answerer {
  private readonly base: URL;
  private readonly key: () => string;
  private named: string | undefined;
  private readonly examples = new ReadOnServer((examples, signal) => this.read(examples, signal));

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
    const { response, examples, about, started } = await this.ask("v1/chat/completions", prompt, { stream: true }, signal);
    try {
      for await (const data of eventData(response.body!)) {
        const event = JSON.parse(data) as ErrorBody | { choices: readonly { delta: { content?: string } }[] };
        if ("error" in event) throw errorOf("failed", event, about);
        const content = event.choices[0]?.delta.content ?? "";
        if (content !== "") yield { text: content };
      }
      if (examples !== undefined) yield { text: "", timing: { examples: examples.milliseconds, question: performance.now() - started } };
    } catch (error) {
      throw error instanceof AnswerError || signal.aborted ? error : gone();
    }
  }

  async score(prompt: Prompt, choices: readonly string[], signal: AbortSignal): Promise<readonly number[]> {
    const { response } = await this.ask("v1/score", prompt, { choices }, signal);
    return ((await response.json()) as { choices: readonly { probability: number }[] }).choices.map(({ probability }) => probability);
  }

  async explain(prompt: Prompt, answer: string, signal: AbortSignal): Promise<ExplainedAnswer> {
    // Of examples that were read before there are no maps.
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

  /** Asks about a prompt. Its examples are sent once, and named from then on; where the server cannot keep them, they come with the question. */
  private async ask(path: string, prompt: Prompt, content: object, signal: AbortSignal): Promise<AnsweredQuestion> {
    const question = { ...prompt, examples: [] };
    // The server may have let go of them since; of several servers that share nothing only one may have read them.
    for (let time = 0; time < 2 && prompt.examples.length > 0; time++) {
      try {
        const examples = await this.examples.find(prompt.examples, signal);
        const started = performance.now();
        const response = await this.post(path, { support_set: examples.id, messages: conversationOf(question), ...content }, question, signal);
        return { response, examples, about: question, started };
      } catch (error) {
        const code = error instanceof RefusedError ? error.code : null;
        if (code === "support_set_too_large") break;
        if (code !== "support_set_not_found") throw error;
        this.examples.forget(prompt.examples);
      }
    }
    const started = performance.now();
    return { response: await this.post(path, { messages: conversationOf(prompt), ...content }, prompt, signal), about: prompt, started };
  }

  /** They change with every word that a person types, and are no business of the server's disk. */
  private async read(examples: readonly Example[], signal: AbortSignal): Promise<ReadSet> {
    const shown = examples.map(({ picture, text }) => ({ image: picture.url, text: text.trim() }));
    const response = await this.post("v1/support-sets", { examples: shown, store: false }, { examples }, signal);
    const { id, seconds } = (await response.json()) as { id: string; seconds: number };
    return { id, milliseconds: 1000 * seconds };
  }

  private async post(path: string, content: object, about: About | undefined, signal: AbortSignal): Promise<Response> {
    const body = JSON.stringify({ model: this.named ?? (await this.model(signal)).name, ...content });
    return this.fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body, signal }, about);
  }

  private async fetch(path: string, request: RequestInit, about?: About): Promise<Response> {
    const key = this.key();
    const headers = { ...request.headers, ...(key === "" ? {} : { authorization: `Bearer ${key}` }) };
    const response = await fetch(new URL(path, this.base), { ...request, headers }).catch((error: unknown) => {
      throw request.signal?.aborted === true ? error : gone();
    });
    if (response.ok) return response;
    const body = (await response.json().catch(() => undefined)) as ErrorBody | undefined;
    throw errorOf(kinds[response.status] ?? (response.status < 500 ? "wrong" : "failed"), body ?? `The server answered with ${response.status}.`, about);
  }
}

const gone = (): AnswerError => new AnswerError("gone", "The server does not answer.");

/** Fields have names that nobody sees in the page. */
function errorOf(kind: AnswerErrorKind, body: ErrorBody | string, about: About | undefined): AnswerError {
  if (typeof body === "string") return new AnswerError(kind, body);
  const { message, param, code } = body.error;
  if (param === null) return new RefusedError(kind, sentence(message), undefined, code);
  const subject = /image(_url)?\b/.test(param) ? "This picture" : /^(messages|examples\[)/.test(param) ? "This text" : "The request";
  const readable = message.startsWith(param)
    ? message.slice(param.length).replace(/^:? /, `${subject} `).replace(`${subject} a request`, "A request")
    : message;
  return new RefusedError(kind, sentence(readable), about === undefined ? undefined : placeOf(param, about), code);
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
