/** A chat completion that is asked for. */
export interface Question {
  readonly [field: string]: unknown;
}

/** An answer that came to its end. */
export interface Answered {
  /** Milliseconds until its first token. */
  readonly firstToken: number;
  /** Milliseconds until its end. */
  readonly whole: number;
  readonly tokens: number;
}

/** One that did not. */
export interface Unanswered {
  /** The status that the server refused with, what its stream said at its end, or how the connection broke. */
  readonly why: string;
  /** What was seen of it. */
  readonly told: string;
}

/** Streams an answer. */
export async function ask(url: string, body: Question): Promise<Answered | Unanswered> {
  const started = performance.now();
  const since = (): number => performance.now() - started;
  let firstToken: number | undefined;
  let tokens = 0;
  let whole = "";
  const unanswered = (why: string, said: string): Unanswered => ({
    why,
    told: `after ${(since() / 1000).toFixed(1)} s and ${tokens} tokens: ${said.replaceAll("\n", " ").trim()}`,
  });
  try {
    const asked = JSON.stringify({ ...body, stream: true, logprobs: true });
    const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { "content-type": "application/json" }, body: asked });
    if (!response.ok) return unanswered(String(response.status), await response.text());
    const text = new TextDecoder();
    for await (const bytes of response.body!) {
      const part = text.decode(bytes as Uint8Array, { stream: true });
      whole += part;
      const found = part.split('"logprob":').length - 1;
      if (found > 0) firstToken ??= since();
      tokens += found;
    }
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { code?: string } };
    return unanswered(cause?.code ?? "broken off", message);
  }
  if (whole.trimEnd().endsWith("data: [DONE]")) return { firstToken: firstToken ?? since(), whole: since(), tokens };
  // An answer that failed on its way says so at its end.
  const code = /"code":"(\w+)"/.exec(whole.slice(-500))?.[1];
  return unanswered(code ?? "cut off", whole.slice(-300));
}

/** How often answers did not end for which reason, and what was seen of the first of each. */
export function reasonsOf(unanswered: readonly Unanswered[]): string {
  return [...Map.groupBy(unanswered, ({ why }) => why)].map(([why, all]) => `${all.length} times ${why}, the first ${all[0]!.told}`).join("; ");
}
