/** A client in a process of its own, as clients are: what it does with its answers takes no time of the server's thread. */
import OpenAI from "openai";

/** What to ask, of which server. */
export interface ClientCall {
  readonly place: number;
  readonly url: string;
  readonly body: object;
}

/** What somebody sees who asks: when the first token came, and how long all of them took, in milliseconds. Tokens are those that bring text. */
export interface Seen {
  readonly firstToken: number;
  readonly total: number;
  readonly tokens: number;
}

export interface ClientReport {
  readonly place: number;
  readonly seen?: Seen;
  readonly failure?: string;
}

process.on("message", async ({ place, url, body }: ClientCall) => {
  const report = await ask(url, body).then(
    (seen): ClientReport => ({ place, seen }),
    (error: Error): ClientReport => ({ place, failure: error.message }),
  );
  process.send!(report);
});

async function ask(url: string, body: object): Promise<Seen> {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none" });
  const started = performance.now();
  let firstToken: number | undefined;
  let tokens = 0;
  const stream = await openai.chat.completions.create({ ...body, stream: true } as OpenAI.ChatCompletionCreateParamsStreaming);
  for await (const { choices } of stream) {
    if ((choices[0]?.delta.content ?? "") === "") continue;
    firstToken ??= performance.now() - started;
    tokens += 1;
  }
  return { firstToken: firstToken!, total: performance.now() - started, tokens };
}
