import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type Listening, type ListenOptions, listen } from "../listen.ts";
import { createRatingApp, type RatingService } from "./rating-app.ts";

export interface RatingServer extends Listening {
  close(): Promise<void>;
}

const everywhere = ["0.0.0.0", "::"];

/** Listens for raters. @throws RuntimeError when the port cannot be had */
export async function startRatingServer(service: Omit<RatingService, "hosts">, address: ListenOptions): Promise<RatingServer> {
  const { host } = address;
  const hosts = everywhere.includes(host) ? undefined : ["localhost", "127.0.0.1", "[::1]", host.includes(":") ? `[${host}]` : host];
  const server = createServer(getRequestListener(createRatingApp({ ...service, hosts }).fetch));
  return {
    ...(await listen(server, address)),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Browsers keep connections that they may need.
      server.closeAllConnections();
      await closed;
    },
  };
}
