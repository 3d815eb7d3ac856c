import { blobSource } from "../blob-source.ts";
import { checkRange, type OpenedSource } from "../byte-source.ts";
import { DataError } from "../errors.ts";
import { bytesOf, checkNoPage, fetchFile, PassingError, retried, startBytes } from "./web-fetch.ts";

/**
 * A file behind an address, of which only the parts that are read are fetched, again where a connection breaks. A server that knows no ranges sends it whole, once.
 * @throws DataError when the server does not give it, or gives a web page in its place
 */
export async function addressSource(address: string): Promise<OpenedSource> {
  const { response, bytes: start, body } = await fetched(address, () => firstPart(address));
  if (body !== undefined) return blobSource(body, address);
  const size = totalSize(response) ?? (await fetched(address, () => sizeByHead(address)));
  return {
    name: address,
    size,
    async read(first, end) {
      checkRange(address, first, end, size);
      if (first === end) return new Uint8Array();
      if (end <= start.length) return start.slice(first, end);
      return fetched(address, () => part(address, first, end, size));
    },
    async close() {},
  };
}

interface FirstPart {
  readonly response: Response;
  readonly bytes: Uint8Array;
  /** The whole file, from a server that knows no ranges. */
  readonly body?: Blob;
}

async function firstPart(address: string): Promise<FirstPart> {
  const response = await fetchRange(address, 0, startBytes);
  if (response.status !== 200) return { response, bytes: await bytesOf(response) };
  const body = await response.blob().catch((error: Error) => {
    throw new PassingError(`the connection broke before its end: ${error.message}`, { cause: error });
  });
  const bytes = new Uint8Array(await body.slice(0, startBytes).arrayBuffer());
  checkNoPage(response, bytes);
  return { response, bytes, body };
}

async function part(address: string, start: number, end: number, size: number): Promise<Uint8Array> {
  const response = await fetchRange(address, start, end);
  const bytes = await bytesOf(response);
  if (response.status !== 206 || bytes.length !== end - start || (totalSize(response) ?? size) !== size)
    // A proxy that is cut off from its server may send less and call that whole.
    throw new (response.status === 206 && bytes.length < end - start ? PassingError : Error)(
      `the server gave ${bytes.length} bytes of ${end - start} wanted; did the file change? Load it again`,
    );
  return bytes;
}

async function fetchRange(address: string, start: number, end: number): Promise<Response> {
  // An empty file has no first byte, which is 416.
  const accepted = start === 0 ? [416] : [];
  const response = await fetchFile(address, { headers: { Range: `bytes=${start}-${end - 1}` }, accepted });
  return response.status === 416 ? new Response(null, { status: 200 }) : response;
}

function totalSize(response: Response): number | undefined {
  const total = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  return total === undefined ? undefined : Number(total);
}

/** From another origin, Content-Range is seen only where the server exposes it; Content-Length always is. With a range a browser asks for the file as it is, not compressed. */
async function sizeByHead(address: string): Promise<number> {
  const { headers } = await fetchFile(address, { method: "HEAD", headers: { Range: "bytes=0-" } });
  const length = headers.get("content-length");
  if (length === null) throw new Error("the server does not say how large it is");
  return Number(length);
}

async function fetched<Result>(address: string, fetching: () => Promise<Result>): Promise<Result> {
  try {
    return await retried(fetching);
  } catch (error) {
    throw new DataError(`${address} cannot be fetched: ${(error as Error).message}`, { cause: error });
  }
}
