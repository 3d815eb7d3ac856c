/** The tools for agents, asked by the official client over standard input and output and over HTTP, and looked at by the official conformance tests. */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Listening, serving } from "../serve/listening.ts";
import { crown, otherTurtle, rightAnswer, serveNano, turtle, webp } from "./nano-task.ts";

const bin = fileURLToPath(new URL("../../bin/flamingo.mjs", import.meta.url));
const drawings = fileURLToPath(new URL("../../models/nano/drawings", import.meta.url));

interface ToolResult {
  readonly content: readonly { readonly type: string; readonly text: string }[];
  readonly structuredContent?: Record<string, unknown>;
  readonly isError?: boolean;
}

const call = async (client: Client, name: string, input: Record<string, unknown>): Promise<ToolResult> =>
  (await client.callTool({ name, arguments: input })) as unknown as ToolResult;

/** What an agent does: it asks what there is, teaches a task, and uses it. */
async function useTools(client: Client, pictures: { readonly turtle: string; readonly crown: string; readonly other: string }): Promise<void> {
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["caption", "answer", "teach", "classify"]);
  const examples = [
    { picture: pictures.turtle, answer: "a dax" },
    { picture: pictures.crown, answer: "a blick" },
  ];
  const taught = await call(client, "teach", { examples });
  expect(taught.structuredContent).toMatchObject({ task: expect.stringMatching(/^ss_[0-9a-f]{32}$/) as string, examples: 2 });
  const { task } = taught.structuredContent as { task: string };
  expect((await call(client, "teach", { examples })).structuredContent).toEqual(taught.structuredContent);
  expect(await call(client, "caption", { picture: pictures.other, task })).toMatchObject({
    content: [{ type: "text", text: rightAnswer }],
    structuredContent: { answer: rightAnswer },
  });
  const choices = ["a blick", "a dax"];
  for (const given of [{ task }, { examples }]) {
    const chosen = (await call(client, "classify", { picture: pictures.other, choices, ...given })).structuredContent as {
      choice: string;
      probabilities: { choice: string; probability: number }[];
    };
    expect(chosen.choice).toBe(rightAnswer);
    expect(chosen.probabilities[0]!.probability).toBeGreaterThan(0.5);
    expect(chosen.probabilities.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
  }
  const plain = await call(client, "answer", { picture: pictures.turtle, question: "What colour is it?", max_tokens: 4 });
  expect(typeof plain.structuredContent!["answer"]).toBe("string");
  const asked = await call(client, "teach", { examples: [{ picture: pictures.turtle, question: "What colour is it?", answer: "green" }] });
  expect(asked.isError).not.toBe(true);
  // What is wrong is told to the agent, which may do better.
  for (const [name, input, message] of [
    ["caption", { picture: pictures.turtle, task: "ss_1" }, /no support set/],
    ["caption", { picture: "data:image/png;base64,AAAA" }, /not a picture/],
    ["caption", { picture: "file:///etc/passwd" }, /opens no|there is no picture/],
    ["teach", { examples: [] }, /examples/],
    ["classify", { picture: pictures.turtle, choices: ["one"] }, /choices/],
    ["caption", { picture: pictures.turtle, shots: [] }, /shots/],
  ] as const) {
    const { isError, content } = await call(client, name, input);
    expect(isError).toBe(true);
    expect(content[0]!.text).toMatch(message);
  }
}

describe("over standard input and output", () => {
  it("an agent teaches a task and uses it, with pictures by their paths", { timeout: 120_000 }, async () => {
    const outside = await mkdtemp(join(tmpdir(), "flamingo-outside-"));
    onTestFinished(() => rm(outside, { recursive: true }));
    const inside = await mkdtemp(join(tmpdir(), "flamingo-inside-"));
    onTestFinished(() => rm(inside, { recursive: true }));
    await symlink("/etc/passwd", join(inside, "link.png"));
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [bin, "mcp", "--device", "cpu", "--pictures", drawings, "--pictures", inside],
      stderr: "pipe",
    });
    let stderr = "";
    transport.stderr!.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
    const client = new Client({ name: "test", version: "1" });
    await client.connect(transport);
    try {
      expect(client.getServerVersion()).toMatchObject({ name: "flamingo-vlm" });
      await useTools(client, { turtle: "noto/turtle.webp", crown: join(drawings, "noto/crown.webp"), other: webp(otherTurtle) });
      for (const picture of ["../flamingo.json", "/etc/passwd", "link.png", "noto", "none.png"]) {
        const { isError, content } = await call(client, "caption", { picture });
        expect(isError).toBe(true);
        expect(content[0]!.text).toMatch(/there is no picture/);
      }
    } finally {
      await client.close();
    }
    expect(stderr).toBe("");
  });

  it("writes nothing but the protocol, and ends when the agent is gone", { timeout: 120_000 }, async () => {
    const child = spawn(process.execPath, [bin, "mcp"], { stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const send = (message: unknown): boolean =>
      child.stdin.write(typeof message === "string" ? message : `${JSON.stringify({ jsonrpc: "2.0", ...(message as object) })}\n`);
    const lines = (): { id?: number; result?: ToolResult }[] =>
      stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { id?: number; result?: ToolResult });
    send({ id: 1, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } } });
    send({ method: "notifications/initialized" });
    send("no JSON\n");
    send({ id: 2, method: "tools/call", params: { name: "caption", arguments: { picture: webp(turtle) } } });
    while (!lines().some(({ id }) => id === 2)) await new Promise((resolve) => setTimeout(resolve, 20));
    child.stdin.end();
    expect(await ended).toBe(0);
    expect(lines().every((line) => (line as { jsonrpc?: string }).jsonrpc === "2.0")).toBe(true);
    expect(lines().find(({ id }) => id === 2)!.result!.isError).not.toBe(true);
    expect(stderr).toMatch(/^device: cpu/);
  });

  it("says how it is used where a person starts it with a model that is not there", async () => {
    const child = spawn(process.execPath, [bin, "mcp", "--model", "none/none-at-all", "--pictures", "."], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, HF_HUB_OFFLINE: "1" },
    });
    let stderr = "";
    child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(1);
    expect(stderr).toMatch(/^flamingo: .*none/);
  });
});

describe("over HTTP", () => {
  let server: Listening;
  beforeAll(async () => {
    server = await serveNano();
  });
  afterAll(() => server.close());

  it("the same tools, with the server's key", async () => {
    const client = new Client({ name: "test", version: "1" });
    const address = new URL(`${server.url}/mcp`);
    await expect(client.connect(new StreamableHTTPClientTransport(address))).rejects.toThrow(/401|API key/);
    const authorised = new Client({ name: "test", version: "1" });
    // The SDK's own types do not hold with exactOptionalPropertyTypes.
    await authorised.connect(new StreamableHTTPClientTransport(address, { requestInit: { headers: { authorization: "Bearer secret" } } }) as never);
    try {
      await useTools(authorised, { turtle: webp(turtle), crown: webp(crown), other: webp(otherTurtle) });
    } finally {
      await authorised.close();
    }
  });

  it("passes the conformance tests that look at no tools of their own", { timeout: 120_000 }, async () => {
    const open = await serving("nano");
    onTestFinished(() => open.close());
    const results = await mkdtemp(join(tmpdir(), "flamingo-conformance-"));
    onTestFinished(() => rm(results, { recursive: true }));
    const program = fileURLToPath(new URL("../../node_modules/@modelcontextprotocol/conformance/dist/index.js", import.meta.url));
    for (const scenario of ["server-initialize", "ping", "tools-list", "dns-rebinding-protection"]) {
      const { stdout } = await promisify(execFile)(process.execPath, [program, "server", "--url", `${open.url}/mcp`, "--scenario", scenario], { cwd: results });
      expect(stdout).toMatch(/Passed: [1-9]\d*\/\d+, 0 failed/);
    }
  });
});
