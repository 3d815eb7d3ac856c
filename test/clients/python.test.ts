/** Python's clients, unchanged: OpenAI's own, and LiteLLM. tools/ensure-python-clients.ts installs them. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPythonClients, pythonProgram } from "../../tools/python-clients.ts";
import { type Listening, shown } from "../serve/listening.ts";
import { answerTokens, crown, idle, otherTurtle, rightAnswer, serveNano, turtle, webp } from "./nano-task.ts";

const script = fileURLToPath(new URL("python_clients.py", import.meta.url));
const task = {
  messages: [
    { role: "user", content: [shown(webp(turtle))] },
    { role: "assistant", content: "a dax" },
    { role: "user", content: [shown(webp(crown))] },
    { role: "assistant", content: "a blick" },
    { role: "user", content: [shown(webp(otherTurtle))] },
  ],
  pictures: [webp(turtle), webp(crown)],
};

describe.skipIf(!hasPythonClients())("Python's clients (node tools/ensure-python-clients.ts installs them)", { timeout: 240_000 }, () => {
  let server: Listening;
  let folder: string;
  beforeAll(async () => {
    server = await serveNano();
    folder = await mkdtemp(join(tmpdir(), "flamingo-python-"));
    await writeFile(join(folder, "task.json"), JSON.stringify(task));
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it.each(["openai", "litellm"])("%s", async (client) => {
    const { stdout } = await promisify(execFile)(pythonProgram("python"), [script, client, `${server.url}/v1`, join(folder, "task.json")], {
      // LiteLLM would else ask for a list of prices.
      env: { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: "True" },
    });
    const found = JSON.parse(stdout) as { usage: [number, number]; drawn: [string[], string[]] };
    const refusal = (message: string) => ({ status: 400, kind: "BadRequestError", message: expect.stringContaining(message) as string });
    expect(found).toMatchObject({
      text: rightAnswer,
      finish: "stop",
      streamed: rightAnswer,
      tools: refusal("tools"),
      json: refusal("response_format.type"),
      broken: refusal("messages[0].content[0].image_url.url"),
    });
    expect(found.usage[0]).toBeGreaterThan(answerTokens);
    expect(found).toMatchObject({ usage: [found.usage[0], answerTokens], streamedUsage: [answerTokens], vectors: [2, expect.any(Number)] });
    expect(found.drawn[0]).toHaveLength(2);
    expect(found.drawn[1]).toEqual(found.drawn[0]);
    // The stream that was left at its third chunk.
    await idle(server);
  });
});
