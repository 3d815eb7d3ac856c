import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { ApiError, apiErrorOf } from "./errors.ts";
import type { RequestVariables, Service } from "./service.ts";

type Middleware = MiddlewareHandler<RequestVariables>;

/** Gives each request an id, which its answer's header and every line of the log about it carry, and counts it. A client's own id is taken where it is short and plain. */
export function known({ log, metrics }: Pick<Service, "log" | "metrics">): Middleware {
  return async (c, next) => {
    const started = performance.now();
    const given = c.req.header("x-request-id");
    const id = given !== undefined && /^[\w.-]{1,64}$/.test(given) ? given : `req_${randomUUID()}`;
    c.set("requestId", id);
    c.set("started", started);
    c.set("failed", (error) => {
      const { status, cause } = apiErrorOf(error);
      if ((status === 500 || (status > 500 && cause !== undefined)) && !c.req.raw.signal.aborted) log.error({ id, err: error }, "the server failed");
    });
    c.header("x-request-id", id);
    await next();
    const milliseconds = performance.now() - started;
    const path = c.res.status === 404 && routePath(c, -1).endsWith("*") ? "other" : routePath(c, -1);
    metrics.answered(path, c.res.status, milliseconds / 1000);
    log.info({ id, method: c.req.method, path: c.req.path, status: c.res.status, milliseconds: Math.round(milliseconds) }, "answered");
  };
}

/** Lets those in who call this machine by a name that it has. Ports do not matter. */
export function addressed(hosts: readonly string[] | undefined): Middleware {
  return async (c, next) => {
    if (hosts !== undefined && !hosts.includes(hostnameOf(`http://${c.req.header("host")}`)))
      throw new ApiError(403, "this server is asked by another name than its own: start it with --allow-host NAME, or with an API key", {
        param: "host",
        code: "host_not_allowed",
      });
    await next();
  };
}

/** The same for the page that a browser asks for. Other programs name none. @param origins - whose pages may ask as well */
export function sentFromHere(hosts: readonly string[] | undefined, origins: readonly string[]): Middleware {
  return async (c, next) => {
    const origin = c.req.header("origin");
    if (hosts !== undefined && origin !== undefined && !origins.includes(origin) && !hosts.includes(hostnameOf(origin)))
      throw new ApiError(403, `pages of ${origin} may not ask this server`, { param: "origin", code: "origin_not_allowed" });
    await next();
  };
}

const hostnameOf = (address: string): string => (URL.canParse(address) ? new URL(address).hostname : "");

/** Lets those in who say the key. The comparison takes the same time whatever they say. */
export function keyed(apiKey: string | undefined): Middleware {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  const wanted = apiKey === undefined ? undefined : digest(apiKey);
  return async (c, next) => {
    const said = /^Bearer +(.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (wanted !== undefined && !timingSafeEqual(digest(said ?? ""), wanted)) {
      const what = said === undefined ? "say the API key in the header authorization: Bearer KEY" : "the API key is not the one of this server";
      throw new ApiError(401, what, { param: "authorization", code: "invalid_api_key" });
    }
    await next();
  };
}

/** Holds as many requests as the server has places for, the time that each may take, and what is left of them when the server stops. */
export class Admission {
  private readonly most: number;
  private readonly timeout: number;
  private there = 0;
  private readonly leaving = new Set<() => void>();
  private closed = false;

  constructor({ maxRequests, timeout }: { readonly maxRequests: number; readonly timeout: number }) {
    this.most = maxRequests;
    this.timeout = timeout;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Lets nobody in any more. Settled when the last one has left. */
  async close(): Promise<void> {
    this.closed = true;
    while (this.there > 0) await new Promise<void>((resolve) => this.leaving.add(resolve));
  }

  /** A request has its place until its answer is made, also where that is written after its handler has returned. */
  readonly middleware: Middleware = async (c, next) => {
    if (this.closed) throw new ApiError(503, "the server is stopping; ask another one", { code: "stopping", retryAfter: 5 });
    if (this.there >= this.most)
      throw new ApiError(429, `there are ${this.there} requests already, as many as this server has places for; ask again in a moment`, {
        code: "too_many_requests",
        retryAfter: 1,
      });
    this.there += 1;
    const tooLate = new AbortController();
    const timer = setTimeout(() => {
      const seconds = this.timeout / 1000;
      tooLate.abort(
        new ApiError(408, `the answer was not there after ${seconds} s; ask for a shorter one, or give fewer pictures`, { param: "timeout", code: "timeout" }),
      );
    }, this.timeout);
    let stays = false;
    const leave = (): void => {
      clearTimeout(timer);
      this.there -= 1;
      for (const each of this.leaving) each();
      this.leaving.clear();
    };
    c.set("signal", AbortSignal.any([c.req.raw.signal, tooLate.signal]));
    c.set("stay", () => {
      stays = true;
      return leave;
    });
    try {
      await next();
    } finally {
      if (!stays) leave();
    }
  };
}
