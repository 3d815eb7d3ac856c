import { readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** What servers do that people put pages on. */
export interface ServerManner {
  /** What is not there is answered with index.html and 200, as for an application of one page. */
  readonly fallback?: boolean;
  /** What is taken for not being there. */
  readonly missing?: RegExp;
  /** Of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly gzip?: boolean;
  /** Half of it comes, then the connection breaks. */
  readonly breaking?: RegExp;
  /** `/moved/…` is a redirection to `/…`. */
  readonly moved?: boolean;
  /** Where the folder lies on the server, such as `/demos/flamingo/`. Default: `/`. */
  readonly under?: string;
  /** Whether parts of files can be asked for. */
  readonly ranges?: boolean;
  /** Told of every request. */
  readonly asked?: (path: string, range: string | undefined) => void;
}

export interface StaticServer {
  /** Without a slash at the end. */
  readonly address: string;
  close(): void;
}

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
};
const isolation = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
/** A page from such a server may have threads. */
export const isolated: ServerManner = { headers: isolation };

/** Serves a folder. */
export async function startServer(root: string, manner: ServerManner = {}): Promise<StaticServer> {
  const server = createServer((request, response) => void answer(root, manner, request, response).catch((error: Error) => response.destroy(error)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

async function answer(
  root: string,
  { fallback, missing, headers = {}, gzip, breaking, moved, under = "/", ranges, asked: hear }: ServerManner,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url!, "http://here");
  hear?.(pathname, request.headers.range);
  if (!pathname.startsWith(under)) return void response.writeHead(404, headers).end();
  const path = pathname.slice(under.length - 1);
  if (moved && path.startsWith("/moved/")) return void response.writeHead(302, { location: path.slice("/moved".length), ...headers }).end();
  const asked = join(root, path === "/" ? "index.html" : path);
  const there =
    !missing?.test(path) &&
    (await stat(asked).then(
      (found) => found.isFile(),
      () => false,
    ));
  if (!there && !fallback) return void response.writeHead(404, headers).end();
  const file = there ? asked : join(root, "index.html");
  const content = await readFile(file);
  const from = ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0) : 0;
  const body = gzip ? gzipSync(content, { level: 1 }) : content.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
    "content-length": body.length,
    ...(gzip ? { "content-encoding": "gzip" } : {}),
    ...(from > 0 ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    ...headers,
  });
  if (!breaking?.test(path)) return void response.end(body);
  response.write(body.subarray(0, body.length >> 1), () => response.destroy());
}
