import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A repository as a hub holds it. */
export interface LoopbackRepository {
  readonly commit: string;
  /** Branches and tags, besides `main`, that mean the commit. */
  readonly references?: readonly string[];
  readonly files: readonly LoopbackFile[];
  /** Needs this token for everything; `gated` ones list their files to everybody. */
  readonly token?: string;
  readonly gated?: boolean;
}

/** A file of it. */
export interface LoopbackFile {
  readonly name: string;
  readonly content: Uint8Array;
  /** In LFS: it is served by the CDN. */
  readonly large?: boolean;
  /** What the hub claims of it instead of the truth. */
  readonly claims?: { readonly size?: number; readonly oid?: string };
}

/** What a server was asked, and how it answered. */
export interface SeenRequest {
  readonly server: "hub" | "cdn";
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  status: number;
  /** Of the body of a file, handed to the network. */
  bytes: number;
}

/** What goes wrong with the next request for a file (or for `/api/…`), once each, in order. */
export type Fault =
  | { readonly kind: "cut"; readonly after: number }
  | { readonly kind: "stall"; readonly after: number }
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "content"; readonly content: Uint8Array }
  | { readonly kind: "ignore-range" }
  | { readonly kind: "wrong-range" };

/** A Hugging Face hub on this machine: the routes that flamingo and Python's huggingface_hub call, and a second server in the place of its CDN. */
export interface LoopbackHub {
  readonly endpoint: string;
  readonly seen: SeenRequest[];
  readonly repositories: Map<string, LoopbackRepository>;
  /** By file name, or by the beginning of an API path. */
  readonly faults: Map<string, Fault[]>;
  /** Bytes per second of file bodies; undefined is as fast as it goes. */
  speed: number | undefined;
  /** Entries of the list of files on a page. */
  page: number;
  /** Where the list of files claims to go on. */
  next: string | undefined;
  close(): Promise<void>;
}

const hex = (algorithm: string, ...parts: readonly (string | Uint8Array)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest("hex");
export const gitHash = (content: Uint8Array): string => hex("sha1", `blob ${content.length}\0`, content);
export const sha256 = (content: Uint8Array): string => hex("sha256", content);

const pointer = (content: Uint8Array): Uint8Array =>
  new TextEncoder().encode(`version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(content)}\nsize ${content.length}\n`);

/** Starts a hub on 127.0.0.1, on a port that is free. */
export async function startLoopbackHub(repositories: Readonly<Record<string, LoopbackRepository>>): Promise<LoopbackHub> {
  const handle = (server: "hub" | "cdn") => (request: IncomingMessage, response: ServerResponse) => {
    const path = decodeURIComponent(new URL(request.url!, "http://hub").pathname);
    const { method, headers } = request;
    const one: SeenRequest = { server, method: method!, path, range: headers.range, authorization: headers.authorization, status: 0, bytes: 0 };
    hub.seen.push(one);
    response.on("close", () => (one.status = response.statusCode));
    const answer = server === "hub" ? answerHub : answerCdn;
    answer(one, request, response).catch((error: unknown) => response.destroy(error as Error));
  };
  const servers = [createServer(handle("hub")), createServer(handle("cdn"))] as const;
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))));
  const [endpoint, cdn] = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`) as [string, string];
  const hub: LoopbackHub = {
    endpoint,
    seen: [],
    repositories: new Map(Object.entries(repositories)),
    faults: new Map(),
    speed: undefined,
    page: 1000,
    next: undefined,
    close: async () => {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };

  const refuse = (response: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify({ error: headers["x-error-message"] ?? "no" }));
  };

  async function answerHub(one: SeenRequest, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = takeFault(hub, (name) => one.path.startsWith(name) && name.startsWith("/"));
    if (fault?.kind === "status") return refuse(response, fault.status, fault.headers ?? {});
    if (fault?.kind === "content") return void response.end(fault.content);
    const api = /^\/api\/models\/(.+?)\/(revision|tree)\/(.+)$/.exec(one.path);
    const file = /^\/([^/]+(?:\/[^/]+)?)\/resolve\/([^/]+)\/(.+)$/.exec(one.path);
    const [name, revision] = api === null ? [file?.[1], file?.[2]] : [api[1], api[3]];
    const repository = hub.repositories.get(name ?? "");
    if (repository === undefined)
      return refuse(response, one.authorization === undefined ? 401 : 404, { "x-error-code": "RepoNotFound", "x-error-message": "Repository not found" });
    if (repository.token !== undefined && one.authorization !== `Bearer ${repository.token}`) {
      if (repository.gated !== true && one.authorization === undefined) return refuse(response, 401, { "x-error-code": "RepoNotFound" });
      if (repository.gated !== true) return refuse(response, 401, { "x-error-message": "Invalid credentials in Authorization header" });
      if (file !== null)
        return refuse(response, one.authorization === undefined ? 401 : 403, {
          "x-error-code": "GatedRepo",
          "x-error-message": `Access to ${name} is restricted`,
        });
    }
    if (![repository.commit, "main", ...(repository.references ?? [])].includes(revision ?? ""))
      return refuse(response, 404, { "x-error-code": "RevisionNotFound" });
    if (api?.[2] === "revision") {
      const siblings = repository.files.map((each) => ({ rfilename: each.name }));
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify({ _id: "1", id: name, sha: repository.commit, private: false, siblings, tags: [], downloads: 0, likes: 0 }));
    } else if (api !== null) sendTree(repository, request, response);
    else await sendFile(one, repository, file![3]!, request, response);
  }

  function sendTree(repository: LoopbackRepository, request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, endpoint);
    const start = Number(url.searchParams.get("cursor") ?? 0);
    const folders = [...new Set(repository.files.flatMap(({ name }) => (name.includes("/") ? [name.slice(0, name.lastIndexOf("/"))] : [])))];
    const entries = [
      ...folders.map((path) => ({ type: "directory", path, size: 0, oid: hex("sha1", path) })),
      ...repository.files.map(({ name, content, large = false, claims = {} }) => {
        const size = claims.size ?? content.length;
        const oid = claims.oid ?? (large ? sha256(content) : gitHash(content));
        const lfs = { oid, size, pointerSize: pointer(content).length };
        return large ? { type: "file", path: name, size, oid: gitHash(pointer(content)), lfs } : { type: "file", path: name, size, oid };
      }),
    ];
    if (start + hub.page < entries.length) {
      url.searchParams.set("cursor", String(start + hub.page));
      response.setHeader("link", `<${url.href}>; rel="next"`);
    }
    if (hub.next !== undefined) response.setHeader("link", `<${hub.next}>; rel="next"`);
    response.setHeader("content-type", "application/json").end(JSON.stringify(entries.slice(start, start + hub.page)));
  }

  async function sendFile(one: SeenRequest, repository: LoopbackRepository, name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const file = repository.files.find((each) => each.name === name);
    response.setHeader("x-repo-commit", repository.commit);
    if (file === undefined) return refuse(response, 404, { "x-error-code": "EntryNotFound" });
    if (file.large !== true) return sendBody(hub, one, file, response.setHeader("etag", `"${gitHash(file.content)}"`));
    // A relative redirect first, as the hub does for repositories that were renamed.
    const { searchParams } = new URL(request.url!, endpoint);
    if (request.method === "GET" && !searchParams.has("moved")) return void response.writeHead(307, { location: `?moved=1` }).end();
    response.setHeader("x-linked-etag", `"${sha256(file.content)}"`).setHeader("x-linked-size", String(file.content.length));
    response.writeHead(302, { location: `${cdn}/${sha256(file.content)}?name=${encodeURIComponent(name)}&Signature=signed` }).end();
  }

  async function answerCdn(one: SeenRequest, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = new URL(request.url!, cdn).searchParams.get("name");
    const file = [...hub.repositories.values()].flatMap(({ files }) => files).find((each) => each.name === name && one.path === `/${sha256(each.content)}`);
    if (file === undefined) return refuse(response, 404, {});
    await sendBody(hub, one, file, response);
  }

  return hub;
}

function takeFault(hub: LoopbackHub, matches: (name: string) => boolean): Fault | undefined {
  for (const [name, faults] of hub.faults) if (matches(name) && faults.length > 0) return faults.shift();
  return undefined;
}

async function sendBody(hub: LoopbackHub, one: SeenRequest, file: LoopbackFile, response: ServerResponse): Promise<void> {
  const fault = one.method === "GET" ? takeFault(hub, (name) => name === file.name) : undefined;
  if (fault?.kind === "status") return void response.writeHead(fault.status, fault.headers ?? {}).end();
  const content = fault?.kind === "content" ? fault.content : file.content;
  const asked = fault?.kind === "ignore-range" ? undefined : /^bytes=(\d+)-(\d*)$/.exec(one.range ?? "");
  let start = 0;
  let end = content.length;
  if (asked) {
    start = Number(asked[1]) - (fault?.kind === "wrong-range" ? 1 : 0);
    end = asked[2] === "" ? end : Math.min(end, Number(asked[2]) + 1);
    if (start >= content.length) return void response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    response.writeHead(206, { "content-range": `bytes ${start}-${end - 1}/${content.length}`, "content-length": end - start });
  } else response.writeHead(200, { "content-length": content.length, "accept-ranges": "bytes" });
  if (one.method === "HEAD") return void response.end();
  const stop = fault?.kind === "cut" || fault?.kind === "stall" ? Math.min(end, start + fault.after) : end;
  response.flushHeaders();
  for (let at = start; at < stop && !response.destroyed; ) {
    // The speed may be changed on the way.
    const step = hub.speed === undefined ? 1 << 20 : Math.ceil(hub.speed / 50);
    const piece = content.subarray(at, Math.min(stop, at + step));
    await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    at += piece.length;
    one.bytes += piece.length;
    if (hub.speed !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (fault?.kind === "stall") return;
  if (fault?.kind === "cut") response.destroy();
  else response.end();
}
