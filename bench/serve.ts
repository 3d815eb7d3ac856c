import { monitorEventLoopDelay } from "node:perf_hooks";
import OpenAI from "openai";
import { pino } from "pino";
import sharp from "sharp";
import { Random } from "../src/data/random.ts";
import { type Example, Flamingo, image, type SupportSet } from "../src/index.ts";
import { startServer } from "../src/serve/server.ts";
import { defaultSettings } from "../src/serve/settings.ts";
import { type Figure, median } from "./measure.ts";

const clients = 16;
const maxTokens = 24;

/** What somebody sees who asks: when the first token came, and how long all of them took, in milliseconds. */
interface Seen {
  readonly firstToken: number;
  readonly total: number;
  readonly tokens: number;
}

/** A server with nano behind it, asked by the official client in the same process over loopback, against the library called directly; questions about new pictures against an 8-shot support set. Tokens are those that bring text. */
export async function serveFigures(rounds: number): Promise<readonly Figure[]> {
  const model = await Flamingo.load("nano", { device: "cpu" });
  const server = await startServer(defaultSettings, { host: "127.0.0.1", port: 0 }, pino({ level: "silent" }));
  server.serve(model);
  try {
    const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none" });
    const examples = await Promise.all(Array.from({ length: 8 }, async (_, i) => ({ bytes: await picture(i), text: i % 2 === 0 ? "a dax" : "a blick" })));
    const set = await model.supportSet(examples.map(({ bytes, text }): Example => ({ media: image(bytes), text })));
    const { id } = (await (
      await fetch(`${server.url}/v1/support-sets`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "nano", examples: examples.map(({ bytes, text }) => ({ image: dataUrl(bytes), text })) }),
      })
    ).json()) as { id: string };
    const questions = await Promise.all(Array.from({ length: clients }, (_, i) => picture(100 + i)));
    const ask = (i: number): Promise<Seen> => overHttp(openai, id, questions[i]!, i);

    const direct: Seen[] = [];
    const served: Seen[] = [];
    for (let round = -1; round < rounds; round++) {
      const i = (round + clients) % clients;
      const [one, other] = [await directly(model, set, questions[i]!, i), await ask(i)];
      if (round < 0) continue;
      direct.push(one);
      served.push(other);
    }

    const turns: number[] = [];
    const together: number[] = [];
    const delay = monitorEventLoopDelay({ resolution: 1 });
    for (let round = 0; round < Math.max(2, Math.ceil(rounds / 5)); round++) {
      turns.push(
        await speedOf(async () => {
          const seen: Seen[] = [];
          for (let i = 0; i < clients; i++) seen.push(await ask(i));
          return seen;
        }),
      );
      delay.enable();
      together.push(await speedOf(async () => Promise.all(Array.from({ length: clients }, (_, i) => ask(i)))));
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
      { name: `${clients} clients, one after the other`, value: median(turns), unit: "tok/s" },
      { name: `${clients} clients at once`, value: median(together), unit: "tok/s" },
      { name: "at once over one after the other: times faster", value: median(together) / median(turns), unit: "", target: "at least 3" },
      { name: "event loop delay with them, 99th percentile", value: delay.percentile(99) / 1e6 - 1, unit: "ms", target: "below 20" },
    ];
  } finally {
    await server.drain();
    await model.dispose();
  }
}

/** Both draw, so that no answer ends early for being sure, and both draw the same. */
const drawing = (seed: number): { temperature: number; seed: number } => ({ temperature: 2, seed });

async function directly(model: Flamingo, set: SupportSet, bytes: Uint8Array, seed: number): Promise<Seen> {
  const started = performance.now();
  let firstToken: number | undefined;
  let tokens = 0;
  for await (const { text } of model.generate([set, image(bytes.slice())], { maxTokens, ...drawing(seed) })) {
    if (text === "") continue;
    firstToken ??= performance.now() - started;
    tokens += 1;
  }
  return { firstToken: firstToken!, total: performance.now() - started, tokens };
}

async function overHttp(openai: OpenAI, id: string, bytes: Uint8Array, seed: number): Promise<Seen> {
  const started = performance.now();
  let firstToken: number | undefined;
  let tokens = 0;
  const stream = await openai.chat.completions.create({
    model: "nano",
    messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: dataUrl(bytes) } }] }],
    max_tokens: maxTokens,
    stream: true,
    ...drawing(seed),
    ...({ support_set: id } as object),
  });
  for await (const { choices } of stream) {
    if ((choices[0]?.delta.content ?? "") === "") continue;
    firstToken ??= performance.now() - started;
    tokens += 1;
  }
  return { firstToken: firstToken!, total: performance.now() - started, tokens };
}

/** Tokens of all answers in a second. */
async function speedOf(work: () => Promise<readonly Seen[]>): Promise<number> {
  const started = performance.now();
  const seen = await work();
  return (1000 * seen.reduce((sum, { tokens }) => sum + tokens, 0)) / (performance.now() - started);
}

async function picture(seed: number): Promise<Uint8Array> {
  const random = new Random("bench", seed);
  const data = Uint8Array.from({ length: 24 * 24 * 3 }, () => random.integer(0, 255));
  return sharp(data, { raw: { width: 24, height: 24, channels: 3 } })
    .resize(192, 192)
    .png()
    .toBuffer();
}

function dataUrl(bytes: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;
}
