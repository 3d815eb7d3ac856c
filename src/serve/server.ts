import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Logger } from "pino";
import type { Flamingo } from "../generate/flamingo-model.ts";
import { AnswerQueue } from "./answer-queue.ts";
import { createApp, type ServeApp } from "./app.ts";
import { type Listening, type ListenOptions, listen } from "./listen.ts";
import { ServeMetrics } from "./metrics.ts";
import { PictureReader } from "./pictures.ts";
import { ServedModel } from "./served-model.ts";
import type { Service } from "./service.ts";
import type { ServeSettings } from "./settings.ts";
import { supportSetFiles } from "./support-set-place.ts";
import { SupportSetStore } from "./support-set-store.ts";

/** A server that listens. */
export interface RunningServer extends Listening {
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
 * @throws RuntimeError when the port or the place of support sets cannot be had
 */
export async function startServer(settings: ServeSettings, address: ListenOptions, log: Logger): Promise<RunningServer> {
  const hosts =
    settings.apiKey === undefined && loopback.includes(address.host)
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
  return {
    ...(await listen(server, address)),
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
  const { supportFolder, supportDisk } = settings;
  const files = supportFolder === undefined ? undefined : supportSetFiles(supportFolder, supportDisk, () => model.identity());
  await files?.open();
  const supportSets = new SupportSetStore(model, settings.supportMemory, files, metrics);
  metrics.watch(queue, supportSets, settings.supportMemory);
  const service: Service = { model, queue, supportSets, pictures: new PictureReader(settings), metrics, settings, log };
  return { ...createApp(service), service };
}
