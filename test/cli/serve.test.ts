import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { writeTinyModel } from "../generate/tiny-model.ts";
import { runFlamingo } from "./run-flamingo.ts";
import { runningServer } from "./running-server.ts";

// Every call starts a process of its own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let model: string;
beforeAll(async () => {
  model = (await writeTinyModel()).folder;
});
afterAll(() => rm(model, { recursive: true, force: true }));

describe("flamingo serve", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("answers, finishes what it has begun at %s, and ends with 0", async (signal) => {
    const { url, send, ended } = await runningServer(model, "--api-key", "secret");
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "secret", maxRetries: 0 });
    const stream = await openai.chat.completions.create({ model: "tiny", messages: [{ role: "user", content: "the" }], max_tokens: 100, stream: true });
    let reason: string | null = null;
    let told = false;
    for await (const { choices } of stream) {
      if (!told) send(signal);
      told = true;
      reason = choices[0]!.finish_reason;
    }
    expect(reason).toBe("length");
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(0);
    expect(stdout).toBe(`tiny answers at ${url}/v1; teach it a task at ${url}/; ${url}/docs says how to ask\n`);
    const lines = stderr
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as { path: string; status: number; id: string });
    expect(lines.at(-1)).toMatchObject({ path: "/v1/chat/completions", status: 200, id: expect.stringMatching(/^req_/) as string });
  });

  it("says which port is taken, and which options mean nothing", async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => taken.listen(0, "127.0.0.1", () => resolve((taken.address() as { port: number }).port)));
    const { code, stderr } = await runFlamingo(["serve", "--model", model, "--port", String(port)]);
    taken.close();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `flamingo: port ${port} is taken by another program; choose another one (--port), or 0 for any that is free\n`,
    });
    expect((await runFlamingo(["serve", "--max-images", "none"])).code).toBe(2);
    const missing = await runFlamingo(["serve", "--model", `${model}-none`, "--port", "0"]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/^flamingo: .*-none/m);
  });
});
