import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Logger } from "pino";
import type { Flamingo } from "../generate/flamingo-model.ts";
import { RuntimeError } from "../runtime/errors.ts";
import { AnswerQueue } from "./answer-queue.ts";
import { createApp, type ServeApp } from "./app.ts";
import { ServeMetrics } from "./metrics.ts";
import { PictureReader } from "./pictures.ts";
import { ServedModel } from "./served-model.ts";
import type { Service } from "./service.ts";
import type { ServeSettings } from "./settings.ts";
import { SupportSetFolder } from "./support-set-folder.ts";
import { SupportSetStore } from "./support-set-store.ts";

export interface ListenOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Whether another port will do where this one is taken. Default: false. */
  readonly orAnyFree?: boolean;
}

/** A server that listens. */
export interface RunningServer {
  /** Its address, for people and for clients. */
  readonly url: string;
  /** Whether it is another port than the one that was asked for. */
  readonly elsewhere: boolean;
  /** Answers are given from now on. */
  serve(model: Flamingo): void;
  /** Takes no requests any more, gives the answers that are being made, and ends. */
  drain(): Promise<void>;
}

/** A server that listens at one of these without a key lets everybody in who is on this machine, and nobody else. */
const loopback: readonly string[] = ["localhost", "127.0.0.1", "::1"];
/** What a connection may be idle beyond the time of a request, in milliseconds. */
const idle = 5_000;

/**
 * Listens at once: until a model is given to it, it says that it is loading.
 * @throws RuntimeError when the port or the folder of support sets cannot be had
 */
export async function startServer(settings: ServeSettings, { host, port, orAnyFree = false }: ListenOptions, log: Logger): Promise<RunningServer> {
  const hosts =
    settings.apiKey === undefined && loopback.includes(host)
      ? [...loopback, ...(settings.hosts ?? [])].map((name) => (name.includes(":") ? `[${name}]` : name))
      : undefined;
  const { app, admission, service } = await openService({ ...settings, hosts }, log);
  const { model, queue } = service;
  const server = createServer(
    {
      requestTimeout: settings.timeout,
      headersTimeout: Math.min(60_000, settings.timeout),
      // Else those that are too late are looked for every 30 s.
      connectionsCheckingInterval: Math.min(5_000, settings.timeout),
      keepAliveTimeout: idle,
    },
    getRequestListener(app.fetch),
  );
  // Whoever stops reading is not waited for.
  server.setTimeout(settings.timeout + idle);
  await listening(server, host, port, orAnyFree);
  const { port: found } = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name === "0.0.0.0" || name === "[::]" ? "localhost" : name}:${found}`,
    elsewhere: port !== 0 && found !== port,
    serve: (flamingo) => model.set(flamingo),
    drain: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await admission.close();
      await queue.drained();
      server.closeIdleConnections();
      // Answers are made; what is not read by now is not waited for.
      const timer = setTimeout(() => server.closeAllConnections(), idle);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** The server without a port. */
export async function openService(settings: ServeSettings, log: Logger): Promise<ServeApp & { readonly service: Service }> {
  const model = new ServedModel();
  const metrics = new ServeMetrics(model);
  const queue = new AnswerQueue(() => model.loaded());
  const folder = settings.supportFolder === undefined ? undefined : new SupportSetFolder(settings.supportFolder, settings.supportDisk, () => model.identity());
  await folder?.open();
  const supportSets = new SupportSetStore(model, settings.supportMemory, folder, metrics);
  metrics.watch(queue, supportSets, settings.supportMemory);
  const service: Service = { model, queue, supportSets, pictures: new PictureReader(settings), metrics, settings, log };
  return { ...createApp(service), service };
}

function listening(server: Server, host: string, port: number, orAnyFree: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      // Some systems keep ports for themselves, which looks like a lack of rights.
      if (orAnyFree && (error.code === "EADDRINUSE" || error.code === "EACCES")) listening(server, host, 0, false).then(resolve, reject);
      else reject(new RuntimeError(refusal(error, host, port), { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

function refusal({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === "EADDRINUSE") return `port ${port} is taken by another program; choose another one (--port), or 0 for any that is free`;
  if (code === "EACCES") return `port ${port} needs more rights than this program has; choose one above 1023 (--port)`;
  return `nobody can listen at ${host}, port ${port} (${message}); choose another address (--host)`;
}
