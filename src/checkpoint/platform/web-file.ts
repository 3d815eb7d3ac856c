import { blobSource, checkRange } from "../blob-source.ts";
import { CheckpointError } from "../errors.ts";
import type { OpenedSource } from "../weight-file.ts";

/**
 * A file behind an address, of which only the parts that are read are fetched. A server that knows no ranges sends it whole, once.
 * @throws CheckpointError when the server does not give it
 */
export async function addressSource(address: string): Promise<OpenedSource> {
  const response = await ask(address, 0, 1);
  if (response.status === 200) return blobSource(await response.blob(), address);
  await response.arrayBuffer();
  const size = totalSize(response) ?? (await sizeByHead(address));
  return {
    name: address,
    size,
    async read(start, end) {
      checkRange(address, start, end, size);
      if (start === end) return new Uint8Array();
      const part = await ask(address, start, end);
      const bytes = new Uint8Array(await part.arrayBuffer());
      if (part.status !== 206 || bytes.length !== end - start || (totalSize(part) ?? size) !== size)
        throw new CheckpointError(`${address}: the server gave ${bytes.length} bytes of ${end - start} wanted; did the file change? Load it again`);
      return bytes;
    },
    async close() {},
  };
}

async function ask(address: string, start: number, end: number): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, { headers: { Range: `bytes=${start}-${end - 1}` } });
  } catch (error) {
    throw new CheckpointError(`${address} cannot be fetched (${(error as Error).message})`, { cause: error });
  }
  // An empty file has no first byte, which is 416.
  if (response.status === 416 && start === 0) return new Response(null, { status: 200 });
  if (!response.ok) throw new CheckpointError(`${address} cannot be fetched: the server answered ${response.status}`);
  return response;
}

function totalSize(response: Response): number | undefined {
  const total = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  return total === undefined ? undefined : Number(total);
}

/** From another origin, Content-Range is seen only where the server exposes it; Content-Length always is. */
async function sizeByHead(address: string): Promise<number> {
  const response = await fetch(address, { method: "HEAD" });
  const length = response.headers.get("content-length");
  if (!response.ok || length === null) throw new CheckpointError(`${address}: the server does not say how large it is`);
  return Number(length);
}
