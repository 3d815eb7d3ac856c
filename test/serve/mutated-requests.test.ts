/** Requests that were changed at random: whatever comes, the answer is one that the OpenAPI description has, and never a fault of the server. */
import { rm } from "node:fs/promises";
import fc from "fast-check";
import { pino } from "pino";
import { expect, it } from "vitest";
import * as z from "zod";
import { Flamingo } from "../../src/index.ts";
import { openService } from "../../src/serve/server.ts";
import { defaultSettings } from "../../src/serve/settings.ts";
import { tinyConfig, writeTinyModel } from "../generate/tiny-model.ts";
import { pngUrl, shown } from "./listening.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface Response200 {
  readonly content: Readonly<Record<string, { readonly schema: object }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response200>> }>>>>;
  readonly components: { readonly schemas: object };
}

/** What the description says about a status of a path, as something that tells whether a body is like that. */
function checker(document: Document, path: string): (status: number, type: string, body: unknown) => void {
  const known = new Map<string, z.ZodType>();
  return (status, type, body) => {
    const key = `${status} ${type}`;
    const schema = document.paths[path]!["post"]!.responses[String(status)]?.content[type]?.schema;
    expect(schema, `${key} is described`).toBeDefined();
    if (!known.has(key)) {
      const text = JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll("#/components/schemas/", "#/$defs/");
      known.set(key, z.fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0]));
    }
    known.get(key)!.parse(body);
  };
}

/** Every place in a value. */
function places(value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, each]) => places(each, [...path, Array.isArray(value) ? Number(key) : key]))];
}

function changed(value: Json, path: readonly (string | number)[], change: (old: Json) => Json | undefined): Json | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return change(value);
  if (Array.isArray(value)) return value.flatMap((each, i) => (i === key ? (changed(each, rest, change) ?? []) : [each]) as Json[]);
  return Object.fromEntries(
    Object.entries(value as { [key: string]: Json }).flatMap(([name, each]) => {
      const kept = name === key ? changed(each, rest, change) : each;
      return kept === undefined ? [] : [[name, kept]];
    }),
  );
}

const junk: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(
    null,
    true,
    false,
    0,
    -1,
    1,
    1.5,
    1e308,
    "",
    "the",
    "data:image/png;base64,",
    "file:///etc/passwd",
    "__proto__",
    [],
    {},
    [[]],
    [null],
    { type: "text" },
  ),
  fc.integer() as fc.Arbitrary<Json>,
  fc.string({ unit: "binary" }) as fc.Arbitrary<Json>,
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

type Change = (old: Json) => Json | undefined;
const change: fc.Arbitrary<Change> = fc.oneof(
  junk.map(
    (value): Change =>
      () =>
        value,
  ),
  fc.constant<Change>(() => undefined),
  fc.nat().map(
    (at): Change =>
      (old) =>
        typeof old === "string" ? old.slice(0, at % (old.length + 1)) : Array.isArray(old) ? [...old, ...old] : old,
  ),
  fc.tuple(fc.constantFrom("n", "tools", "stop", "role", "x", "seed", "logprobs", "stream", "support_set", "images"), junk).map(
    ([key, value]): Change =>
      (old) =>
        typeof old === "object" && old !== null && !Array.isArray(old) ? { ...old, [key]: value } : old,
  ),
);

/** `MUTATED_REQUESTS=10000 npx vitest run --project node test/serve/mutated-requests.test.ts` asks more. */
const count = Number(process.env["MUTATED_REQUESTS"] ?? 2000);
const atOnce = 8;

it(`${count} of them`, { timeout: 3_600_000 }, async () => {
  // Answers whose length a mutation has left open end soon.
  const { folder } = await writeTinyModel({ ...tinyConfig, language: { ...tinyConfig.language, maxTokens: 48 } });
  const model = await Flamingo.load(folder, { device: "cpu", maxPixels: 1_000_000 });
  const faults: unknown[] = [];
  const log = pino({ level: "silent" });
  log.error = ((what: unknown) => void faults.push(what)) as typeof log.error;
  const { app, service } = await openService({ ...defaultSettings, maxImages: 8, maxRequests: 16, timeout: 10_000 }, log);
  service.model.set(model);
  const document = (await (await app.request("/openapi.json")).json()) as Document;
  const picture = await pngUrl(1);
  const turns: Json = [
    { role: "system", content: "a" },
    { role: "user", content: [shown(picture), { type: "text", text: "the" }] },
    { role: "assistant", content: "cat" },
    { role: "user", content: [shown(picture)] },
  ];
  const bodies: readonly (readonly [path: string, body: Json])[] = [
    ["/v1/chat/completions", { model: "tiny", messages: turns, max_tokens: 2, temperature: 0.5, seed: 1, stop: ["x"], n: 2, logprobs: true, top_logprobs: 2 }],
    ["/v1/chat/completions", { model: "tiny", messages: turns, max_completion_tokens: 2, stream: true, stream_options: { include_usage: true }, top_p: 0.5 }],
    ["/v1/completions", { model: "tiny", prompt: "<image>the", images: [picture], max_tokens: 2, logprobs: 1 }],
    ["/v1/completions", { model: "tiny", prompt: ["a", "b"], max_tokens: 2, stream: true }],
    ["/v1/score", { model: "tiny", messages: turns, choices: ["a", "b"], complete: false }],
    ["/v1/explain", { model: "tiny", messages: turns, answer: "the cat" }],
    ["/v1/embeddings", { model: "tiny", input: [picture], encoding_format: "float" }],
    ["/v1/support-sets", { model: "tiny", examples: [{ image: picture, text: "the cat" }] }],
  ];
  const checkers = new Map(bodies.map(([path]) => [path, checker(document, path)]));
  const statuses = new Map<number, number>();

  const ask = async ([path, body]: readonly [string, string]): Promise<void> => {
    const response = await app.request(path, { method: "POST", headers: { "content-type": "application/json" }, body });
    const [type] = response.headers.get("content-type")!.split(";") as [string];
    const text = await response.text();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    expect(response.status, `${path} ${body}\n${text}`).toBeLessThan(500);
    expect(text).not.toMatch(/\n\s+at /);
    const check = checkers.get(path)!;
    if (type !== "text/event-stream") return check(response.status, type, JSON.parse(text));
    for (const event of text.trim().split("\n\n")) {
      if (event === "data: [DONE]") continue;
      const said = JSON.parse(event.replace(/^data: /, "")) as object;
      if ("error" in said) check(408, "application/json", said);
      else check(200, type, said);
    }
  };

  const request = fc
    .tuple(
      fc.constantFrom(...bodies),
      fc.array(fc.tuple(fc.nat(), change), { maxLength: 3 }),
      fc.oneof({ weight: 11, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat() }),
    )
    .map(([[path, body], changes, cut]): readonly [string, string] => {
      const result = changes.reduce((value: Json, [place, each]) => {
        const all = places(value);
        return changed(value, all[place % all.length]!, each) ?? null;
      }, body);
      const text = JSON.stringify(result);
      return [path, cut === null ? text : text.slice(0, cut % (text.length + 1))];
    });
  try {
    for (const each of bodies) await ask([each[0], JSON.stringify(each[1])]);
    expect([...statuses.keys()].toSorted()).toEqual([200, 201]);
    // Eight at once, so that some are answered together.
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: atOnce, maxLength: atOnce }), async (requests) => {
        await Promise.all(requests.map(ask));
      }),
      { numRuns: Math.ceil(count / atOnce), seed: 21, endOnFailure: true },
    );
    expect(faults).toEqual([]);
    // Requests of all kinds came through, and were refused.
    for (const status of [200, 400]) expect(statuses.get(status)).toBeGreaterThan(200);
    await service.queue.drained();
    expect(await (await app.request("/readyz")).json()).toEqual({ status: "ok" });
  } finally {
    await service.queue.drained();
    await model.dispose();
    await rm(folder, { recursive: true, force: true });
  }
});
