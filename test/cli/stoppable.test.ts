import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** Runs `waiting.ts` and sends it signals. */
async function run(
  how: "stops" | "deaf",
  send: (signal: (name: NodeJS.Signals) => void, heard: Promise<void>) => Promise<void>,
): Promise<Record<string, unknown>> {
  const child = spawn(process.execPath, ["--conditions=flamingo-source", fileURLToPath(new URL("waiting.ts", import.meta.url)), how], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
  const seen = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => void (stdout.includes(text) && resolve());
      child.stdout.on("data", look);
      look();
    });
  child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
  const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr })));
  await seen("ready");
  await send((name) => child.kill(name), seen("heard"));
  return (await ended) as Record<string, unknown>;
}

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s ends the work in good order", async (name, code) => {
  const ended = await run("stops", async (signal) => signal(name));
  expect(ended).toEqual({ code, signal: null, stdout: "ready\nheard\n", stderr: "stopped; nothing is lost" });
});

it("copies of a signal are not a second one", async () => {
  const ended = await run("stops", async (signal) => {
    for (let i = 0; i < 5; i++) signal("SIGINT");
  });
  expect(ended).toMatchObject({ code: 130, stdout: "ready\nheard\n" });
});

it("a second signal after a moment ends what does not stop", async () => {
  const ended = await run("deaf", async (signal, heard) => {
    signal("SIGINT");
    await heard;
    // Until it is no copy any more.
    for (let i = 0; i < 20; i++) {
      await pause(100);
      signal("SIGINT");
    }
  });
  expect(ended).toMatchObject({ code: null, signal: "SIGINT", stdout: "ready\nheard\n" });
});
