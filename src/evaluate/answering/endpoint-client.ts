/** Requests to a server that speaks OpenAI's form: asked again when it is busy or away, and no faster than it allows. */
import * as z from "zod";
import { DataError } from "../../data/errors.ts";

export interface EndpointClientOptions {
  /** With the version in it: "http://127.0.0.1:8000/v1". */
  readonly url: string;
  readonly key?: string | undefined;
  /** Times that a request is made again. Default: 6. */
  readonly retries?: number;
  /** Requests in a minute. Default: as many as there are. */
  readonly perMinute?: number | undefined;
  /** Seconds until a request is given up, and made again. Default: 600. */
  readonly timeout?: number;
  /** Told before a request is made again. */
  readonly onRetry?: (message: string) => void;
}

/** What a server says about a request that it refuses. */
export class RefusedError extends DataError {
  readonly status: number;
  /** The field that it is about. */
  readonly param: string | undefined;

  constructor(message: string, status: number, param: string | undefined) {
    super(message);
    this.status = status;
    this.param = param;
  }
}

const errorBody = z.object({ error: z.union([z.string(), z.object({ message: z.string(), param: z.string().nullish() })]) });
/** What passes by itself: a timeout, a conflict, too many requests, and faults of the server. */
const passing = (status: number): boolean => status === 408 || status === 409 || status === 429 || status >= 500;
const longestWait = 60_000;

export class EndpointClient {
  readonly url: string;
  private readonly options: Required<Pick<EndpointClientOptions, "retries" | "timeout">> & EndpointClientOptions;
  /** No request before then: all wait when the server says that one should. */
  private notBefore = 0;

  constructor(options: EndpointClientOptions) {
    this.url = options.url.replace(/\/+$/, "");
    this.options = { retries: 6, timeout: 600, ...options };
  }

  /**
   * @param body - undefined: a GET
   * @returns what the server answered, read as JSON
   * @throws RefusedError when it refuses the request; DataError when it cannot be reached, or goes on failing
   */
  async request(path: string, body: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    const { retries, onRetry } = this.options;
    for (let attempt = 0; ; attempt++) {
      await this.turn(signal);
      const outcome = await this.attempt(path, body, signal);
      if ("answer" in outcome) return outcome.answer;
      const { problem, after = Math.min(longestWait, 500 * 2 ** attempt * (0.75 + Math.random() / 2)) } = outcome;
      if (attempt === retries) throw new DataError(`${this.url}${path}: ${problem}, ${attempt + 1} times in a row; the run can be gone on with later`);
      onRetry?.(`${this.url}: ${problem}; asked again in ${(after / 1000).toFixed(1)} s`);
      this.notBefore = Math.max(this.notBefore, performance.now() + after);
    }
  }

  private async attempt(
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly answer: unknown } | { readonly problem: string; readonly after?: number }> {
    const { key, timeout } = this.options;
    const late = AbortSignal.timeout(1000 * timeout);
    try {
      const response = await fetch(`${this.url}${path}`, {
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
        headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
        signal: AbortSignal.any([late, ...(signal === undefined ? [] : [signal])]),
      });
      const text = await response.text();
      if (response.ok) return { answer: parsed(text, `${this.url}${path}`) };
      const { message, param } = said(text);
      if (!passing(response.status)) throw new RefusedError(`${this.url}${path} answered ${response.status}: ${message}`, response.status, param);
      const after = waitOf(response.headers);
      return { problem: `it answered ${response.status} (${message})`, ...(after === undefined ? {} : { after }) };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof DataError) throw error;
      const { message, cause } = error as Error;
      return { problem: late.aborted ? `no answer within ${timeout} s` : `it cannot be reached (${cause instanceof Error ? cause.message : message})` };
    }
  }

  /** Waits until a request may be made. */
  private async turn(signal: AbortSignal | undefined): Promise<void> {
    const { perMinute } = this.options;
    for (let now = performance.now(); now < this.notBefore; now = performance.now()) await pause(this.notBefore - now, signal);
    if (perMinute !== undefined) this.notBefore = performance.now() + 60_000 / perMinute;
  }
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(`${name} answered something that is not JSON: ${text.slice(0, 80)}`, { cause: error });
  }
}

/** The message of an error in OpenAI's form, else the beginning of what there is. */
function said(text: string): { readonly message: string; readonly param: string | undefined } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { message: text.trim().split("\n")[0]!.slice(0, 200), param: undefined };
  }
  const { data } = errorBody.safeParse(body);
  if (data === undefined) return { message: text.slice(0, 200), param: undefined };
  return typeof data.error === "string" ? { message: data.error, param: undefined } : { message: data.error.message, param: data.error.param ?? undefined };
}

/** Milliseconds that a server asks for: a number of them, of seconds, or a date. */
function waitOf(headers: Headers): number | undefined {
  const exact = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (exact >= 0) return exact;
  const given = headers.get("retry-after");
  if (given === null) return undefined;
  const wait = /^\d+(?:\.\d+)?$/.test(given.trim()) ? 1000 * Number(given) : Date.parse(given) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
