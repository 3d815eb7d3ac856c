import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { Random } from "../src/data/random.ts";
import { type Figure, median } from "./measure.ts";
import { randomNanoFolder } from "./random-folder.ts";

const many = 64;
const some = 16;
/** Tokens of an answer. */
const long = 32;

/**
 * A server with a model of nano's shape in a process of its own, asked over loopback: 64 clients that stream one answer after the other for `seconds`, about new pictures, with one of three support sets or none; 16 clients against one after the
 * other; and 500 requests with 500 different pictures.
 */
export async function loadFigures(seconds: number): Promise<readonly Figure[]> {
  const folder = await randomNanoFolder();
  const server = await startServer(folder);
  try {
    const sets = await Promise.all([1, 2, 3].map((seed) => supportSet(server.url, seed)));
    const questions = await Promise.all(Array.from({ length: some }, async (_, i) => questionOf(await picture(100 + i), i, sets[0]!)));
    await atOnce(server.url, questions.slice(0, 4));

    // Taking turns, since other work on the machine comes and goes.
    const [alone, together]: [number[], number[]] = [[], []];
    for (let round = 0; round < 5; round++) {
      alone.push(await tokensPerSecond(() => inTurns(server.url, questions)));
      together.push(await tokensPerSecond(() => atOnce(server.url, questions)));
    }

    const memory: number[] = [];
    const seen: Seen[] = [];
    let refused = 0;
    const failures: string[] = [];
    const end = performance.now() + 1000 * seconds;
    const client = async (place: number): Promise<void> => {
      for (let i = 0; performance.now() < end; i++) {
        const seed = 10_000 * (place + 1) + i;
        const answer = await ask(server.url, { ...drawing(seed), ...shown(await picture(seed)), support_set: [...sets, undefined][seed % 4] });
        if (typeof answer !== "string") seen.push(answer);
        else if (answer.includes("too_many_requests")) {
          refused += 1;
          await wait(1000);
        } else failures.push(answer);
      }
    };
    const clients = Promise.all(Array.from({ length: many }, (_, place) => client(place)));
    while (performance.now() < end) {
      await wait(1000);
      memory.push(await server.memory());
    }
    await clients;
    const firsts = seen.map(({ firstToken }) => firstToken).sort((a, b) => a - b);
    const third = Math.max(1, Math.floor(memory.length / 3));

    const before: number[] = [];
    for (let at = 0; at < 500; at += some) {
      await atOnce(
        server.url,
        await Promise.all(Array.from({ length: Math.min(some, 500 - at) }, async (_, i) => questionOf(await picture(1_000_000 + at + i), at, sets[0]!))),
      );
      before.push(await server.memory());
    }
    return [
      { name: `${some} clients, one after the other, answers of ${long} tokens`, value: median(alone), unit: "tok/s" },
      { name: `${some} clients at once`, value: median(together), unit: "tok/s" },
      { name: "at once over one after the other: times faster", value: median(together) / median(alone), unit: "", target: "at least 4" },
      { name: `${many} clients for ${seconds} s: answers`, value: seen.length, unit: "" },
      { name: "their tokens a second", value: seen.reduce((sum, { tokens }) => sum + tokens, 0) / seconds, unit: "tok/s" },
      { name: `errors beside 429${failures.length === 0 ? "" : ` (the first: ${failures[0]})`}`, value: failures.length, unit: "", target: "0" },
      { name: "429", value: refused, unit: "" },
      { name: "first token, median", value: firsts[Math.floor(firsts.length / 2)]!, unit: "ms" },
      { name: "first token, 95th percentile", value: firsts[Math.floor(firsts.length * 0.95)]!, unit: "ms" },
      { name: "server's memory in the first third", value: median(memory.slice(0, third)), unit: "MB" },
      { name: "in the last third", value: median(memory.slice(-third)), unit: "MB" },
      { name: "after 100 of 500 requests with 500 pictures", value: before[Math.floor(100 / some)]!, unit: "MB" },
      { name: "after all 500", value: before.at(-1)!, unit: "MB" },
    ];
  } finally {
    await server.end();
    await rm(folder, { recursive: true });
  }
}

interface Question {
  readonly [field: string]: unknown;
}

interface Seen {
  /** Milliseconds. */
  readonly firstToken: number;
  readonly tokens: number;
}

interface Served {
  readonly url: string;
  /** Resident, in MB. */
  memory(): Promise<number>;
  end(): Promise<void>;
}

function startServer(model: string): Promise<Served> {
  const bin = fileURLToPath(new URL("../bin/flamingo.mjs", import.meta.url));
  const child = spawn(process.execPath, [bin, "serve", "--model", model, "--port", "0", "--log-level", "error"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stdout.on("data", (text: Buffer) => {
      const url = /http:\S+(?=\/v1)/.exec(text.toString())?.[0];
      if (url === undefined) return;
      const memory = async (): Promise<number> => {
        const told = await (await fetch(`${url}/metrics`)).text();
        return Number(/^process_resident_memory_bytes (\S+)/m.exec(told)![1]) / 1e6;
      };
      const end = async (): Promise<void> => {
        child.kill("SIGTERM");
        await ended;
      };
      resolve({ url, memory, end });
    });
  });
}

const drawing = (seed: number): Question => ({ model: "nano", max_tokens: long, temperature: 1, seed });

const shown = (url: string): Question => ({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }] });

const questionOf = (url: string, seed: number, support_set: string): Question => ({ ...drawing(seed), ...shown(url), support_set });

async function supportSet(url: string, seed: number): Promise<string> {
  const examples = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => ({ image: await picture(10 * seed + i), text: i % 2 === 0 ? "a dax" : "a blick" })),
  );
  return (await posted<{ id: string }>(url, "/v1/support-sets", { model: "nano", examples })).id;
}

async function posted<Result>(url: string, path: string, body: object): Promise<Result> {
  const response = await fetch(url + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Result;
}

/** Streams an answer. @returns what the server says where there is none */
async function ask(url: string, body: Question): Promise<Seen | string> {
  const started = performance.now();
  const asked = JSON.stringify({ ...body, stream: true, logprobs: true });
  const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { "content-type": "application/json" }, body: asked });
  if (!response.ok) return response.text();
  let firstToken: number | undefined;
  let tokens = 0;
  let whole = "";
  const text = new TextDecoder();
  for await (const bytes of response.body!) {
    const part = text.decode(bytes as Uint8Array, { stream: true });
    whole += part;
    const found = part.split('"logprob":').length - 1;
    if (found > 0) firstToken ??= performance.now() - started;
    tokens += found;
  }
  // An answer that failed on its way says so at its end.
  return whole.trimEnd().endsWith("data: [DONE]") ? { firstToken: firstToken ?? performance.now() - started, tokens } : whole.slice(-300);
}

async function inTurns(url: string, questions: readonly Question[]): Promise<(Seen | string)[]> {
  const seen: (Seen | string)[] = [];
  for (const question of questions) seen.push(await ask(url, question));
  return seen;
}

function atOnce(url: string, questions: readonly Question[]): Promise<(Seen | string)[]> {
  return Promise.all(questions.map((question) => ask(url, question)));
}

async function tokensPerSecond(work: () => Promise<(Seen | string)[]>): Promise<number> {
  const started = performance.now();
  const seen = await work();
  return (1000 * seen.reduce<number>((sum, each) => sum + (typeof each === "string" ? 0 : each.tokens), 0)) / (performance.now() - started);
}

/** Noise, in as many bytes as a photograph of that size. */
async function picture(seed: number): Promise<string> {
  const random = new Random("load", seed);
  const data = Uint8Array.from({ length: 24 * 24 * 3 }, () => random.integer(0, 255));
  const bytes = await sharp(data, { raw: { width: 24, height: 24, channels: 3 } })
    .resize(192, 192)
    .webp()
    .toBuffer();
  return `data:image/webp;base64,${bytes.toString("base64")}`;
}
