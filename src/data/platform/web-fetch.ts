/** Files behind addresses. What a server answers is not always the file. */

/** How much of a file tells whether it is a web page. */
export const startBytes = 64;

export interface FetchOptions extends Pick<RequestInit, "method" | "headers"> {
  /** Answers that are none of success and not an error here. */
  readonly accepted?: readonly number[];
}

/** Something that may go well the next time: a connection that broke, a server that is busy or starts anew. */
export class PassingError extends Error {}

/** Before each further attempt, in milliseconds. */
const pauses = [300, 1000, 3000];

/** Tries again, after longer and longer pauses, what failed for a reason that may pass. @throws Error of the last attempt, which says how many there were */
export async function retried<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let failed = 0; ; failed++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      const pause = pauses[failed];
      if (pause === undefined) throw new Error(`${error.message} (tried ${failed + 1} times)`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** @throws Error that says why the server does not give it; the caller says what was wanted */
export async function fetchFile(address: string, { accepted = [], ...request }: FetchOptions = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, request);
  } catch (error) {
    throw new PassingError(`${(error as Error).message}; ${whyUnreachable(address)}`, { cause: error });
  }
  if (response.ok || accepted.includes(response.status)) return response;
  await response.body?.cancel();
  const passes = response.status === 408 || response.status === 429 || response.status >= 500;
  throw new (passes ? PassingError : Error)(`the server answered ${response.status}${response.status === 404 ? ": there is no such file" : ""}`);
}

/**
 * The body, whole.
 * @throws Error when the connection breaks, or a web page comes in place of the file
 */
export async function bytesOf(response: Response): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new PassingError(`the connection broke before its end: ${(error as Error).message}`, { cause: error });
  }
  checkNoPage(response, bytes.subarray(0, startBytes));
  return bytes;
}

/**
 * A server for an application of one page answers every address with that page, and with status 200.
 * @param start - the first bytes of the body
 * @throws Error when they are those of a web page
 */
export function checkNoPage({ headers, redirected, url }: Response, start: Uint8Array): void {
  const text = new TextDecoder().decode(start).trimStart().toLowerCase();
  const type = headers.get("content-type") ?? "no content type";
  if (!/^<(!doctype html|html)/.test(text) && !(text.startsWith("<") && type.startsWith("text/html"))) return;
  throw new Error(
    `the server answered with a web page (${type}${redirected ? `, from ${url}` : ""}) instead of the file; is the file there? A server that answers every address with its index.html hides that one is missing`,
  );
}

/** Why, a browser does not tell. */
function whyUnreachable(address: string): string {
  const page = (globalThis as { location?: WorkerLocation }).location;
  const { origin } = new URL(address, page?.href);
  if (page === undefined || origin === page.origin) return "does the server run, and is this machine connected?";
  return `does the server run, and does it allow pages of ${page.origin} to read it (its header Access-Control-Allow-Origin)?`;
}
