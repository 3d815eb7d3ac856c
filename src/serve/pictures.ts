import { pictureKind } from "../data/picture-file.ts";
import { type PublicFetchFailure, type PublicFetchOptions, publicFetch } from "../data/platform/node-public-fetch.ts";
import { image, type Medium } from "../generate/medium.ts";
import { type ApiError, invalid } from "./errors.ts";
import type { ServeSettings } from "./settings.ts";
import { Turns } from "./turns.ts";

const dataUrl = /^data:([\w.+-]+\/[\w.+-]+)?;base64,/i;
/** Seconds that a picture's server may take. */
const longestFetch = 10;
/** Pictures that are fetched at the same time, for all requests together. */
const fetching = new Turns(16);

/** A picture of a request, and the field that holds it. */
export interface ReceivedPicture {
  readonly medium: Medium;
  readonly param: string;
}

/** What a field says of a picture. */
export interface NamedPicture {
  readonly url: string;
  readonly param: string;
}

type Fetching = Pick<PublicFetchOptions, "resolve" | "mayConnect">;

/**
 * The pictures of requests. They are in the requests themselves, as data URLs; addresses are opened only of hosts that the operator has named, and never inside of a network. Files are not.
 */
export class PictureReader {
  private readonly settings: Pick<ServeSettings, "maxImages" | "maxBody" | "pictureHosts">;
  private readonly fetching: Fetching;

  /** @param fetching - where names lead, for tests */
  constructor(settings: Pick<ServeSettings, "maxImages" | "maxBody" | "pictureHosts">, fetching: Fetching = {}) {
    this.settings = settings;
    this.fetching = fetching;
  }

  /**
   * The pictures of a field that lists them.
   * @param field - the list, for errors
   * @param paramOf - the field of each
   * @throws ApiError when there are more than a request may hold, or one is no picture
   */
  readList(urls: readonly string[], field: string, paramOf: (place: number) => string, signal: AbortSignal): Promise<ReceivedPicture[]> {
    const { maxImages } = this.settings;
    if (urls.length > maxImages) throw invalid(`${field}: a request may hold at most ${maxImages} pictures, found ${urls.length}`, field, "too_many_images");
    return this.read(
      urls.map((url, i) => ({ url, param: paramOf(i) })),
      signal,
    );
  }

  /** In their order. @throws ApiError that names the field */
  async read(pictures: readonly NamedPicture[], signal: AbortSignal): Promise<ReceivedPicture[]> {
    const { maxImages, maxBody } = this.settings;
    const beyond = pictures[maxImages]?.param;
    if (beyond !== undefined) throw invalid(`${beyond}: a request may hold at most ${maxImages} pictures`, beyond, "too_many_images");
    // What is fetched for a request may be as large as what could have come with it.
    const allowance = { left: maxBody };
    const ended = new AbortController();
    const one = AbortSignal.any([signal, ended.signal]);
    try {
      return await Promise.all(
        pictures.map(async ({ url, param }) => {
          const bytes = this.opens(url) ? await fetching.run(() => this.fetch(url, param, allowance, one)) : inRequest(url, param, this.settings.pictureHosts);
          // Other kinds that the decoder knows, such as SVG, may point at files.
          if (pictureKind(bytes) === undefined)
            throw invalid(`${param} is not a picture that is taken here: send JPEG, PNG, WebP, GIF, AVIF or BMP`, param, "invalid_image_format");
          return { medium: image(bytes), param };
        }),
      );
    } finally {
      ended.abort();
    }
  }

  private opens(url: string): boolean {
    return this.settings.pictureHosts.length > 0 && /^https?:/i.test(url);
  }

  private async fetch(url: string, param: string, allowance: { left: number }, signal: AbortSignal): Promise<Uint8Array> {
    const mayAsk = (host: string): boolean => this.settings.pictureHosts.some((allowed) => isHost(allowed, host));
    const fetched = await publicFetch(url, { ...this.fetching, mayAsk, allowance, signal, seconds: longestFetch, userAgent: "flamingo-vlm" });
    if ("bytes" in fetched) return fetched.bytes;
    throw notFetched(param, "failure" in fetched ? problems[fetched.failure] : `its server answered with ${fetched.status}`);
  }
}

const problems: Readonly<Record<PublicFetchFailure, string>> = {
  "bad address": "it is no address of http or https, or holds a name and password",
  "host not allowed": "this server does not open addresses of that host (--allow-picture-hosts)",
  "not public": "its name leads to no public address",
  "too many redirects": "it was redirected too often",
  "too large": "it is larger than a request may be, all its pictures together",
  "timed out": `it was not there after ${longestFetch} s`,
  "broken off": "its server cannot be reached, or broke off",
};

function notFetched(param: string, problem: string): ApiError {
  return invalid(`${param}: the picture was not fetched: ${problem}`, param, "invalid_image_url");
}

/** `example.org`, `example.org:8080`, `*.example.org` for all below it, `*` for any. */
function isHost(allowed: string, host: string): boolean {
  if (allowed === "*") return true;
  return allowed.startsWith("*.") ? host.endsWith(allowed.slice(1)) : host === allowed;
}

/** @throws ApiError when it is no data URL */
function inRequest(url: string, param: string, hosts: readonly string[]): Uint8Array {
  const start = dataUrl.exec(url)?.[0];
  if (start === undefined)
    throw invalid(
      `${param} must hold the picture itself as a data URL (data:image/png;base64,…)${hosts.length > 0 ? ", or an address of http or https; this server opens no files" : "; this server opens no addresses and no files"}`,
      param,
      "invalid_image_url",
    );
  const base64 = url.slice(start.length);
  const bytes = new Uint8Array(Buffer.from(base64, "base64"));
  // What is no base64 is passed over when it is decoded.
  if (base64.length === 0 || base64.length % 4 !== 0 || bytes.length !== (3 * base64.length) / 4 - padding(base64))
    throw invalid(`${param} is not whole base64: it is cut short, or holds other characters`, param, "invalid_base64");
  return bytes;
}

function padding(base64: string): number {
  return base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
}
