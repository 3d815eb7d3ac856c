import { CheckpointError } from "../errors.ts";
import { HubUnreachableError, interruption, type RequestSubject, refusal } from "./hub-failure.ts";

/** How a hub is spoken to. */
export interface HubConnection {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** Sent to the endpoint's own origin only. */
  readonly token?: string;
  /** After so long without a byte the connection counts as cut. */
  readonly silentSeconds: number;
  /** How often in a row a failed request is made again. */
  readonly retries: number;
  /** Before the first repetition; every further one waits twice as long, up to 8 s. */
  readonly retrySeconds: number;
}

/** An answer whose body is read piece by piece. */
export interface HubAnswer {
  readonly response: Response;
  /** Ends with an error when nothing came for too long. */
  pieces(): AsyncGenerator<Uint8Array>;
  /** Gives the connection up; a body that was read to its end needs it not. */
  close(): void;
}

const mostRedirects = 10;

/**
 * Asks once. Redirects are followed here and not by `fetch`, so that the token is never sent to another origin, whatever a platform's `fetch` does.
 *
 * @returns any answer that is no redirect
 * @throws what `fetch` throws when there is no answer, and CheckpointError on redirects without end
 */
export async function ask(connection: HubConnection, url: string, init: { readonly headers?: HeadersInit; readonly signal?: AbortSignal }): Promise<HubAnswer> {
  const silence = new AbortController();
  const signal = init.signal === undefined ? silence.signal : AbortSignal.any([init.signal, silence.signal]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error(`nothing came for ${connection.silentSeconds} s`)), connection.silentSeconds * 1000);
  };
  try {
    const response = await follow(connection, url, new Headers(init.headers), signal, heard);
    return {
      response,
      async *pieces() {
        try {
          heard();
          // Reading by hand, since not every platform's streams are iterable.
          for (const reader = response.body?.getReader(); reader !== undefined; heard()) {
            const { done, value } = await reader.read();
            if (done) return;
            // The receiver's own time, as for writing, is no silence of the hub.
            clearTimeout(timer);
            yield value;
          }
        } finally {
          clearTimeout(timer);
          silence.abort();
        }
      },
      close: () => {
        clearTimeout(timer);
        silence.abort();
      },
    };
  } catch (error) {
    clearTimeout(timer);
    throw error;
  }
}

async function follow(connection: HubConnection, first: string, headers: Headers, signal: AbortSignal, heard: () => void): Promise<Response> {
  const trusted = new URL(connection.endpoint).origin;
  let url = new URL(first);
  for (let hop = 0; hop <= mostRedirects; hop++) {
    heard();
    headers.delete("authorization");
    if (connection.token !== undefined && url.origin === trusted) headers.set("authorization", `Bearer ${connection.token}`);
    const response = await fetch(url, { headers, signal, redirect: "manual" });
    const location = [301, 302, 303, 307, 308].includes(response.status) ? response.headers.get("location") : null;
    if (location === null) return response;
    await response.body?.cancel();
    const next = URL.parse(location, url);
    if (next === null || !/^https?:$/.test(next.protocol)) throw new CheckpointError(`${connection.endpoint} redirects to something that is no web address`);
    url = next;
  }
  throw new CheckpointError(`${connection.endpoint} redirects without end; if HF_ENDPOINT is set, check it`);
}

/** Waits longer from one failed attempt (0, 1, …) to the next. */
export async function waitToRetry({ retrySeconds }: HubConnection, attempt: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      },
      Math.min(8, retrySeconds * 2 ** attempt) * 1000,
    );
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** The longest list that is read into memory; a million files fit. */
const longestAnswer = 256 << 20;

/**
 * Asks for something small, again after a failure that may pass.
 *
 * @returns a good answer, its body read
 * @throws CheckpointError in all other cases, except that an abort throws the signal's reason
 */
export async function askWhole(
  connection: HubConnection,
  subject: RequestSubject,
  url: string,
  headers: HeadersInit | undefined,
  signal?: AbortSignal,
): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await ask(connection, url, { ...(headers === undefined ? {} : { headers }), ...(signal === undefined ? {} : { signal }) });
      if (!answer.response.ok) {
        answer.close();
        throw refusal(subject, answer.response);
      }
      const pieces: Uint8Array[] = [];
      let length = 0;
      for await (const piece of answer.pieces()) {
        length += piece.byteLength;
        if (length > longestAnswer)
          throw new CheckpointError(`${subject.repository}: ${connection.endpoint} answers with more than ${longestAnswer >> 20} MB instead of a list`);
        pieces.push(piece);
      }
      const { status, headers: answered } = answer.response;
      return new Response(new Blob(pieces as BlobPart[]), { status, headers: answered });
    } catch (error) {
      signal?.throwIfAborted();
      const failure = error instanceof CheckpointError ? error : interruption(subject, error);
      if (attempt >= connection.retries || !(failure instanceof HubUnreachableError)) throw failure;
    }
    await waitToRetry(connection, attempt, signal);
  }
}
