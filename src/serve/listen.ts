import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { RuntimeError } from "../runtime/errors.ts";

export interface ListenOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Whether another port will do where this one is taken. Default: false. */
  readonly orAnyFree?: boolean;
}

export interface Listening {
  /** Its address, for people and for clients. */
  readonly url: string;
  /** Whether it is another port than the one that was asked for. */
  readonly elsewhere: boolean;
}

/** @throws RuntimeError when the port cannot be had */
export async function listen(server: Server, { host, port, orAnyFree = false }: ListenOptions): Promise<Listening> {
  await listening(server, host, port, orAnyFree);
  const { port: found } = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name === "0.0.0.0" || name === "[::]" ? "localhost" : name}:${found}`,
    elsewhere: port !== 0 && found !== port,
  };
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
