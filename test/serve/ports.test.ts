/** Which port a server gets where the one it asks for is held in one way or another. */
import { connect, createServer, type Server } from "node:net";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { startServer } from "../../src/serve/server.ts";
import { defaultSettings } from "../../src/serve/settings.ts";

async function taken(host: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => server.listen(0, host, () => resolve((server.address() as { port: number }).port)));
  onTestFinished(() => void server.close());
  return { server, port };
}

async function started(port: number): Promise<{ readonly port: number; readonly elsewhere: boolean }> {
  const server = await startServer(defaultSettings, { host: "127.0.0.1", port, orAnyFree: true }, pino({ level: "silent" }));
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  await server.drain();
  return { port: Number(new URL(server.url).port), elsewhere: server.elsewhere };
}

it.each(["127.0.0.1", "0.0.0.0", "::"])("that listens at %s is left alone: any other port will do", async (host) => {
  const { port } = await taken(host);
  const found = await started(port);
  expect(found.port).not.toBe(port);
  expect(found.elsewhere).toBe(true);
});

it("whose connections are only just closed is free", async () => {
  const { server, port } = await taken("127.0.0.1");
  server.once("connection", (socket) => socket.end());
  // The side that closes first keeps the connection for a minute.
  await new Promise((resolve) => connect(port, "127.0.0.1").on("close", resolve).resume());
  await new Promise((resolve) => server.close(resolve));
  expect(await started(port)).toEqual({ port, elsewhere: false });
});

it("that is 0 is any", async () => {
  expect((await started(0)).elsewhere).toBe(false);
});
