import { createServer } from "node:net";
import { expect } from "vitest";
import { type Called, runFlamingo } from "./run-flamingo.ts";

/** `flamingo serve` in a process of its own. */
export interface Running {
  readonly url: string;
  readonly send: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Called>;
}

/** Settled when it is ready. */
export async function runningServer(model: string, ...args: string[]): Promise<Running> {
  const port = await freePort();
  let send: Running["send"] = () => {};
  const call = ["serve", "--model", model, "--device", "cpu", "--port", String(port), ...args];
  const ended = runFlamingo(call, { started: (sender) => (send = sender), toAll: true });
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    const ready = await fetch(`${url}/readyz`).catch(() => undefined);
    if (ready?.status === 200) break;
    if (ready !== undefined) expect(await ready.json()).toMatchObject({ error: { code: "model_loading" } });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url, send, ended };
}

/** A port that is free now. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
