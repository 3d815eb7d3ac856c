/** Fetches what somebody else named: only from the public Internet, whatever names, redirects and name servers say. */
import { lookup as systemLookup } from "node:dns/promises";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { isPublicAddress } from "./node-public-address.ts";

export interface FoundAddress {
  readonly address: string;
  readonly family: number;
}

export interface PublicFetchOptions {
  /** Whether a host may be asked: its name, with its port where that is not the protocol's own. Default: any. */
  readonly mayAsk?: (host: string) => boolean;
  /** Whether a connection may be made to a numeric address. Default: {@link isPublicAddress}. */
  readonly mayConnect?: (address: string) => boolean;
  /** The addresses of a name. Default: the system's. */
  readonly resolve?: (name: string) => Promise<readonly FoundAddress[]>;
  /** From the first byte asked to the last one read, redirects included. */
  readonly seconds: number;
  /** Bytes that may be read; what is read is taken off, so that several may share it. */
  readonly allowance: { left: number };
  readonly signal: AbortSignal;
  readonly userAgent: string;
}

export type PublicFetchFailure = "bad address" | "host not allowed" | "not public" | "too many redirects" | "too large" | "timed out" | "broken off";

export type PublicFetched =
  | { readonly bytes: Uint8Array; readonly type: string | undefined; readonly status: number }
  /** An answer that is not what was asked for. */
  | { readonly status: number }
  | { readonly failure: PublicFetchFailure };

const mostRedirects = 5;
const redirects: readonly number[] = [301, 302, 303, 307, 308];

/** @throws what the signal was aborted with */
export async function publicFetch(address: string, options: PublicFetchOptions): Promise<PublicFetched> {
  const late = AbortSignal.timeout(options.seconds * 1000);
  const signal = AbortSignal.any([options.signal, late]);
  try {
    let url = new URL(address);
    for (let count = 0; count <= mostRedirects; count++) {
      const refusal = refusalOf(url, options);
      if (refusal !== undefined) return { failure: refusal };
      const response = await ask(url, options, signal);
      const status = response.statusCode ?? 0;
      if (status === 200) return { bytes: await readAll(response, options.allowance), type: response.headers["content-type"], status };
      response.destroy();
      const { location } = response.headers;
      if (!redirects.includes(status) || location === undefined) return { status };
      url = new URL(location, url);
    }
    return { failure: "too many redirects" };
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof Refusal) return { failure: error.failure };
    if (late.aborted) return { failure: "timed out" };
    return { failure: (error as NodeJS.ErrnoException).code === "ERR_INVALID_URL" ? "bad address" : "broken off" };
  }
}

class Refusal extends Error {
  readonly failure: PublicFetchFailure;

  constructor(failure: PublicFetchFailure) {
    super(failure);
    this.failure = failure;
  }
}

/** A name is looked at when it is resolved; a numeric address has no name. */
function refusalOf(
  { protocol, username, password, host, hostname }: URL,
  { mayAsk, mayConnect = isPublicAddress }: PublicFetchOptions,
): PublicFetchFailure | undefined {
  if ((protocol !== "http:" && protocol !== "https:") || username !== "" || password !== "") return "bad address";
  if (mayAsk?.(host) === false) return "host not allowed";
  const numeric = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(numeric) !== 0 && !mayConnect(numeric) ? "not public" : undefined;
}

function ask(
  url: URL,
  { mayConnect = isPublicAddress, resolve = (name) => systemLookup(name, { all: true }), userAgent }: PublicFetchOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  // The addresses that were looked at are those that are connected to: nothing asks for the name a second time.
  const lookup: LookupFunction = (name, { all }, done) => {
    resolve(name).then(
      (found) => {
        if (found.length === 0 || !found.every(({ address }) => mayConnect(address))) done(new Refusal("not public"), "", 0);
        else if (all === true) done(null, [...found]);
        else done(null, found[0]!.address, found[0]!.family);
      },
      done as (error: NodeJS.ErrnoException) => void,
    );
  };
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((answered, failed) => {
    request(url, { agent: false, lookup, signal, headers: { "user-agent": userAgent, "accept-encoding": "gzip, br" } }, answered)
      .on("error", failed)
      .end();
  });
}

const decoders: Readonly<Record<string, () => Transform>> = { gzip: createGunzip, "x-gzip": createGunzip, deflate: createInflate, br: createBrotliDecompress };

/** What is counted is what came out of it, so that a bomb is as large as anything else. */
function decoded(response: IncomingMessage): AsyncIterable<Uint8Array> {
  const decoder = decoders[response.headers["content-encoding"]?.toLowerCase() ?? ""];
  return decoder === undefined ? response : pipeline(response, decoder(), () => {});
}

async function readAll(response: IncomingMessage, allowance: { left: number }): Promise<Uint8Array> {
  if (Number(response.headers["content-length"]) > allowance.left) {
    response.destroy();
    throw new Refusal("too large");
  }
  const parts: Uint8Array[] = [];
  // Leaving the loop closes the connection.
  for await (const part of decoded(response)) {
    allowance.left -= part.length;
    if (allowance.left < 0) throw new Refusal("too large");
    parts.push(part);
  }
  return Buffer.concat(parts);
}
