import { expect } from "vitest";
import { type Listening, pngUrl, shown } from "./listening.ts";

/** What a server tells of a support set. */
export interface Facts {
  readonly id: string;
  readonly bytes: number;
  readonly tokens: number;
  readonly on_disk: boolean;
}

export async function call<Result>({ url }: Listening, method: string, path: string, body?: object): Promise<{ status: number; body: Result }> {
  const response = await fetch(url + path, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Result };
}

export const examples = (...seeds: number[]): Promise<object[]> =>
  Promise.all(seeds.map(async (seed) => ({ image: await pngUrl(seed), text: `the cat ${seed}` })));
export const make = async (server: Listening, ...seeds: number[]): Promise<{ status: number; body: Facts }> =>
  call<Facts>(server, "POST", "/v1/support-sets", { model: "tiny", examples: await examples(...seeds) });
export const ids = async (server: Listening): Promise<string[]> =>
  (await call<{ data: Facts[] }>(server, "GET", "/v1/support-sets")).body.data.map(({ id }) => id);

/** What a server of another model has put there is not the one's that is started then. @returns its id, and that server */
export async function expectNoneOfAnother(other: Listening, start: () => Promise<Listening>): Promise<{ readonly id: string; readonly server: Listening }> {
  const { id } = (await make(other, 1)).body;
  const server = await start();
  expect(await ids(server)).toEqual([]);
  await expect(answer(server, id)).rejects.toMatchObject({
    status: 400,
    param: "support_set",
    message: expect.stringContaining("made by another model") as string,
  });
  return { id, server };
}

/** An answer with its log-probabilities, and what was read before. */
export async function answer(server: Listening, support_set?: string, seeds: readonly number[] = []): Promise<object> {
  const turns = await Promise.all(
    seeds.map(async (seed) => [
      { role: "user" as const, content: [shown(await pngUrl(seed))] },
      { role: "assistant" as const, content: `the cat ${seed}` },
    ]),
  );
  const { choices, usage } = await server.openai.chat.completions.create({
    model: "tiny",
    messages: [...turns.flat(), { role: "user", content: [shown(await pngUrl(77)), { type: "text", text: "the" }] }],
    max_tokens: 5,
    logprobs: true,
    ...({ support_set } as object),
  });
  return { choices, prompt: usage!.prompt_tokens, cached: usage!.prompt_tokens_details!.cached_tokens };
}
