import { rm } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import sharp from "sharp";
import { Random } from "../src/data/random.ts";
import { type Answered, ask, type Question, reasonsOf, type Unanswered } from "./load-client.ts";
import { type Memory, startServer } from "./load-server.ts";
import { type Figure, median } from "./measure.ts";
import { randomNanoFolder } from "./random-folder.ts";

const many = 64;
const some = 16;
/** Tokens of an answer. */
const long = 32;
const mostPictures = 500;
const memoryNames: Readonly<Record<keyof Memory, string>> = { resident: "all of it", heap: "JavaScript's heap", external: "arrays outside of it" };

/**
 * A server with a model of nano's shape in a process of its own, asked over loopback: 16 clients against one after the other; 64 clients that stream one answer after the other for `seconds`, about new pictures, with one
 * of three support sets or none; and 500 requests with 500 different pictures.
 */
export async function loadFigures(seconds: number): Promise<readonly Figure[]> {
  const folder = await randomNanoFolder();
  const server = await startServer(folder);
  try {
    const sets = await Promise.all([1, 2, 3].map((seed) => supportSet(server.url, seed)));
    return [
      ...(await manyAtOnce(server.url, sets[0]!)),
      ...(await manyClients(server.url, sets, seconds, server.memory)),
      ...(await manyPictures(server.url, sets[0]!, server.memory)),
    ];
  } finally {
    await server.end();
    await rm(folder, { recursive: true });
  }
}

/** The same questions at once, and one after the other: both have their pictures encoded and their prompts read. */
async function manyAtOnce(url: string, set: string): Promise<readonly Figure[]> {
  const questions = await Promise.all(Array.from({ length: some }, async (_, i) => questionOf(await picture(100 + i), i, set)));
  await atOnce(url, questions);
  // Taking turns, since other work on the machine comes and goes.
  const [alone, together]: [Crowd[], Crowd[]] = [[], []];
  for (let round = 0; round < 7; round++) {
    alone.push(await timed(() => inTurns(url, questions)));
    together.push(await timed(() => atOnce(url, questions)));
  }
  const middle = (crowds: readonly Crowd[], of: (crowd: Crowd) => number): number => median(crowds.map(of));
  const speeds = [middle(alone, speed), middle(together, speed)] as const;
  return [
    { name: `${some} clients, one after the other, answers of ${long} tokens`, value: speeds[0], unit: "tok/s" },
    { name: `${some} clients at once`, value: speeds[1], unit: "tok/s" },
    { name: "at once over one after the other: times faster", value: speeds[1] / speeds[0], unit: "", target: "at least 4" },
    { name: "of the time of one, until its first token", value: 100 * middle(alone, untilFirst), unit: "%" },
    { name: "of the time of all at once, until their first tokens", value: 100 * middle(together, untilFirst), unit: "%" },
  ];
}

async function manyClients(url: string, sets: readonly string[], seconds: number, memoryNow: () => Promise<Memory>): Promise<readonly Figure[]> {
  const memory: Memory[] = [];
  const seen: Answered[] = [];
  const unanswered: Unanswered[] = [];
  let refused = 0;
  const end = performance.now() + 1000 * seconds;
  const client = async (place: number): Promise<void> => {
    for (let i = 0; performance.now() < end; i++) {
      const seed = 10_000 * (place + 1) + i;
      const answer = await ask(url, { ...drawing(seed), ...shown(await picture(seed)), support_set: [...sets, undefined][seed % 4] });
      if ("tokens" in answer) seen.push(answer);
      else if (answer.why === "429") {
        refused += 1;
        await wait(1000);
      } else unanswered.push(answer);
    }
  };
  const clients = Promise.all(Array.from({ length: many }, (_, place) => client(place)));
  while (performance.now() < end) {
    await wait(1000);
    memory.push(await memoryNow());
  }
  await clients;
  const firsts = seen.map(({ firstToken }) => firstToken).sort((a, b) => a - b);
  const third = Math.max(1, Math.floor(memory.length / 3));
  const inPart = (part: string, from: number, to: number): Figure[] =>
    Object.entries(memoryNames).map(([kind, name]) => ({
      name: `server's memory, ${part} third: ${name}`,
      value: median(memory.slice(from, to).map((each) => each[kind as keyof Memory])),
      unit: "MB",
    }));
  return [
    { name: `${many} clients for ${seconds} s: answers`, value: seen.length, unit: "" },
    { name: "their tokens a second", value: seen.reduce((sum, { tokens }) => sum + tokens, 0) / seconds, unit: "tok/s" },
    { name: `errors beside 429${unanswered.length === 0 ? "" : ` (${reasonsOf(unanswered)})`}`, value: unanswered.length, unit: "", target: "0" },
    { name: "429", value: refused, unit: "" },
    { name: "first token, median", value: firsts[Math.floor(firsts.length / 2)]!, unit: "ms" },
    { name: "first token, 95th percentile", value: firsts[Math.floor(firsts.length * 0.95)]!, unit: "ms" },
    ...inPart("first", 0, third),
    ...inPart("second", third, 2 * third),
    ...inPart("last", 2 * third, memory.length),
  ];
}

async function manyPictures(url: string, set: string, memoryNow: () => Promise<Memory>): Promise<readonly Figure[]> {
  const memory: number[] = [];
  for (let at = 0; at < mostPictures; at += some) {
    const count = Math.min(some, mostPictures - at);
    await atOnce(url, await Promise.all(Array.from({ length: count }, async (_, i) => questionOf(await picture(1_000_000 + at + i), at, set))));
    memory.push((await memoryNow()).resident);
  }
  return [
    { name: `after 100 of ${mostPictures} requests with as many pictures`, value: memory[Math.floor(100 / some)]!, unit: "MB" },
    { name: `after all ${mostPictures}`, value: memory.at(-1)!, unit: "MB" },
  ];
}

/** Answers that were asked for together, or in turn. */
interface Crowd {
  readonly seen: readonly (Answered | Unanswered)[];
  readonly milliseconds: number;
}

async function timed(work: () => Promise<readonly (Answered | Unanswered)[]>): Promise<Crowd> {
  const started = performance.now();
  const seen = await work();
  return { seen, milliseconds: performance.now() - started };
}

function answersOf({ seen }: Crowd): Answered[] {
  return seen.filter((each) => "tokens" in each);
}

function speed(crowd: Crowd): number {
  return (1000 * answersOf(crowd).reduce((sum, { tokens }) => sum + tokens, 0)) / crowd.milliseconds;
}

/** What part of an answer's time passes until its first token: picture, prompt, and waiting for others. */
function untilFirst(crowd: Crowd): number {
  return median(answersOf(crowd).map(({ firstToken, whole }) => firstToken / whole));
}

async function inTurns(url: string, questions: readonly Question[]): Promise<(Answered | Unanswered)[]> {
  const seen: (Answered | Unanswered)[] = [];
  for (const question of questions) seen.push(await ask(url, question));
  return seen;
}

function atOnce(url: string, questions: readonly Question[]): Promise<(Answered | Unanswered)[]> {
  return Promise.all(questions.map((question) => ask(url, question)));
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
