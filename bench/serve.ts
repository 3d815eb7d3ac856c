import { fork } from "node:child_process";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import sharp from "sharp";
import { Random } from "../src/data/random.ts";
import type { AnswerRequest } from "../src/generate/answer-scheduler.ts";
import { type Example, Flamingo, image, type SupportSet } from "../src/index.ts";
import { startServer } from "../src/serve/server.ts";
import { defaultSettings } from "../src/serve/settings.ts";
import { type Figure, median } from "./measure.ts";
import type { ClientCall, ClientReport, Seen } from "./serve-client.ts";

const clients = 16;
const maxTokens = 8;

/**
 * A server with nano behind it, asked over loopback by the official client in a process of its own, against the library called directly: questions about new pictures against an 8-shot support set. Answers
 * are drawn, with seeds with which none ends early, and both draw the same.
 */
export async function serveFigures(rounds: number): Promise<readonly Figure[]> {
  const model = await Flamingo.load("nano", { device: "cpu" });
  const server = await startServer(defaultSettings, { host: "127.0.0.1", port: 0 }, pino({ level: "silent" }));
  server.serve(model);
  const client = new Client(server.url);
  try {
    const examples = await Promise.all(Array.from({ length: 8 }, async (_, i) => ({ bytes: await picture(i), text: i % 2 === 0 ? "a dax" : "a blick" })));
    const set = await model.supportSet(examples.map(({ bytes, text }): Example => ({ media: image(bytes), text })));
    const { id } = (await (
      await fetch(`${server.url}/v1/support-sets`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "nano", examples: examples.map(({ bytes, text }) => ({ image: dataUrl(bytes), text })) }),
      })
    ).json()) as { id: string };
    const questions: Question[] = [];
    for (let i = 0; i < clients; i++) questions.push(await longAnswered(model, set, await picture(100 + i)));
    const ask = (question: Question): Promise<Seen> => client.ask(requestOf(question, id));
    const library = (question: Question): Promise<Seen> => directly(model, set, question);

    const direct: Seen[] = [];
    const served: Seen[] = [];
    for (let round = -1; round < rounds; round++) {
      const question = questions[(round + clients) % clients]!;
      const [one, other] = [await library(question), await ask(question)];
      if (round < 0) continue;
      direct.push(one);
      served.push(other);
    }

    // Of the library called with all questions at once: no server can be faster.
    const ways = { libraryTurns: [] as number[], libraryTogether: [] as number[], turns: [] as number[], together: [] as number[] };
    const delay = monitorEventLoopDelay({ resolution: 1 });
    for (let round = 0; round < Math.max(2, Math.ceil(rounds / 3)); round++) {
      ways.libraryTurns.push(await speedOf(() => oneByOne(questions, library)));
      ways.libraryTogether.push(await speedOf(() => directlyTogether(model, set, questions)));
      ways.turns.push(await speedOf(() => oneByOne(questions, ask)));
      delay.enable();
      ways.together.push(await speedOf(() => Promise.all(questions.map(ask))));
      delay.disable();
    }
    const first = (seen: readonly Seen[]): number => median(seen.map(({ firstToken }) => firstToken));
    const speed = (seen: readonly Seen[]): number => median(seen.map(({ firstToken, total, tokens }) => (1000 * (tokens - 1)) / (total - firstToken)));
    return [
      { name: "first token, the library", value: first(direct), unit: "ms" },
      { name: "first token, over HTTP", value: first(served), unit: "ms" },
      { name: "first token: HTTP over library", value: first(served) / first(direct), unit: "", target: "at most 1.1" },
      { name: "after it, the library", value: speed(direct), unit: "tok/s" },
      { name: "after it, over HTTP", value: speed(served), unit: "tok/s" },
      { name: "tokens a second: HTTP over library", value: speed(served) / speed(direct), unit: "", target: "at least 0.9" },
      { name: `${clients} questions to the library, one after the other`, value: median(ways.libraryTurns), unit: "tok/s" },
      { name: `${clients} questions to the library, together: times faster`, value: median(ways.libraryTogether) / median(ways.libraryTurns), unit: "" },
      { name: `${clients} clients, one after the other`, value: median(ways.turns), unit: "tok/s" },
      { name: `${clients} clients at once`, value: median(ways.together), unit: "tok/s" },
      { name: "at once over one after the other: times faster", value: median(ways.together) / median(ways.turns), unit: "", target: "at least 3" },
      { name: "event loop delay with them, 99th percentile", value: delay.percentile(99) / 1e6 - 1, unit: "ms", target: "below 20" },
    ];
  } finally {
    client.end();
    await server.drain();
    await model.dispose();
  }
}

interface Question {
  readonly bytes: Uint8Array;
  readonly seed: number;
}

const drawing = (seed: number): { temperature: number; seed: number } => ({ temperature: 2, seed });

/** A question with the first seed whose answer has all tokens that are asked for. */
async function longAnswered(model: Flamingo, set: SupportSet, bytes: Uint8Array): Promise<Question> {
  const prompt = [set, image(bytes)];
  for (let first = 0; first < 10_000; first += 32) {
    const counts = Array.from({ length: 32 }, () => 0);
    const requests = counts.map((_, i) => ({ prompt, maxTokens, ...drawing(first + i) }));
    for await (const { request, text } of model.scheduler().answer(requests)) if (text.trim() !== "") counts[request]! += 1;
    const found = counts.indexOf(maxTokens);
    if (found >= 0) return { bytes, seed: first + found };
  }
  throw new Error(`no seed draws ${maxTokens} tokens`);
}

/** A copy, since pictures that were seen are remembered. */
const fresh = ({ bytes, seed }: Question, set: SupportSet): AnswerRequest => ({ prompt: [set, image(bytes.slice())], maxTokens, ...drawing(seed) });

async function directly(model: Flamingo, set: SupportSet, question: Question): Promise<Seen> {
  const started = performance.now();
  let firstToken: number | undefined;
  let tokens = 0;
  const { prompt, ...options } = fresh(question, set);
  for await (const { text } of model.generate(prompt, options)) {
    if (text === "") continue;
    firstToken ??= performance.now() - started;
    tokens += 1;
  }
  return { firstToken: firstToken!, total: performance.now() - started, tokens };
}

async function directlyTogether(model: Flamingo, set: SupportSet, questions: readonly Question[]): Promise<Pick<Seen, "tokens">[]> {
  const seen = questions.map(() => ({ tokens: 0 }));
  for await (const { request, text } of model.scheduler().answer(questions.map((question) => fresh(question, set))))
    if (text !== "") seen[request]!.tokens += 1;
  return seen;
}

async function oneByOne(questions: readonly Question[], ask: (question: Question) => Promise<Seen>): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const question of questions) seen.push(await ask(question));
  return seen;
}

/** Tokens of all answers in a second. */
async function speedOf(work: () => Promise<readonly Pick<Seen, "tokens">[]>): Promise<number> {
  const started = performance.now();
  const seen = await work();
  return (1000 * seen.reduce((sum, { tokens }) => sum + tokens, 0)) / (performance.now() - started);
}

function requestOf({ bytes, seed }: Question, id: string): object {
  return {
    model: "nano",
    messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: dataUrl(bytes) } }] }],
    max_tokens: maxTokens,
    ...drawing(seed),
    support_set: id,
  };
}

/** The process of `serve-client.ts`. */
class Client {
  private readonly url: string;
  private readonly process = fork(fileURLToPath(new URL("serve-client.ts", import.meta.url)));
  private readonly waiting = new Map<number, { resolve(seen: Seen): void; reject(error: Error): void }>();
  private next = 0;

  constructor(url: string) {
    this.url = url;
    this.process.on("message", ({ place, seen, failure }: ClientReport) => {
      const { resolve, reject } = this.waiting.get(place)!;
      this.waiting.delete(place);
      if (seen === undefined) reject(new Error(failure));
      else resolve(seen);
    });
  }

  ask(body: object): Promise<Seen> {
    const place = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(place, { resolve, reject });
      this.process.send({ place, url: this.url, body } satisfies ClientCall);
    });
  }

  end(): void {
    this.process.kill();
  }
}

/** Noise, in as many bytes as a photograph of that size. */
async function picture(seed: number): Promise<Uint8Array> {
  const random = new Random("bench", seed);
  const data = Uint8Array.from({ length: 24 * 24 * 3 }, () => random.integer(0, 255));
  return sharp(data, { raw: { width: 24, height: 24, channels: 3 } })
    .resize(192, 192)
    .webp()
    .toBuffer();
}

function dataUrl(bytes: Uint8Array): string {
  return `data:image/webp;base64,${Buffer.from(bytes).toString("base64")}`;
}
