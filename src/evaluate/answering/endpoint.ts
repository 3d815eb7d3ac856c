import * as z from "zod";
import { DataError } from "../../data/errors.ts";
import type { Answer, EvaluationCase, TokenUsage } from "../question.ts";
import type { ShownMedia } from "../shown-media.ts";
import { type ChatForm, type ChatMessage, chatMessages } from "./chat-messages.ts";
import { firstTokenScores, saidChoice } from "./choose.ts";
import { type EndpointClient, RefusedError } from "./endpoint-client.ts";
import { type AskOptions, answerIn, type Respondent } from "./respondent.ts";

/** How choices are ranked: as well as the server can, or in one of the ways. */
export type RankBy = "auto" | "likelihood" | "first-token" | "words";

export interface EndpointOptions extends ChatForm {
  readonly model: string;
  readonly rankBy: RankBy;
  /** Requests at the same time. */
  readonly atOnce: number;
}

const token = z.object({ token: z.string(), logprob: z.number() });
const completion = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish() }),
        logprobs: z.object({ content: z.array(z.object({ top_logprobs: z.array(token).nullish() })).nullish() }).nullish(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }).nullish(),
});
const scores = z.object({ choices: z.array(z.object({ log_probability: z.number() })) });
const models = z.object({ data: z.array(z.object({ id: z.string(), owned_by: z.string().nullish() })) });

/** Of an answer that names one of several choices. */
const choiceTokens = 20;
/** Fields that some models do not take, and what they take instead. */
const alternatives: Readonly<Record<string, string | undefined>> = {
  max_tokens: "max_completion_tokens",
  temperature: undefined,
  top_logprobs: undefined,
  logprobs: undefined,
};

/** A model behind a server that speaks OpenAI's form, asked greedily. */
export class Endpoint implements Respondent {
  readonly together = 1;
  readonly atOnce: number;
  private readonly client: EndpointClient;
  private readonly media: ShownMedia;
  private readonly options: EndpointOptions;
  /** Fields that the server has refused. */
  private readonly refused = new Set<string>();
  private scoring: Promise<boolean> | undefined;
  private answered = false;

  constructor(client: EndpointClient, media: ShownMedia, options: EndpointOptions) {
    this.client = client;
    this.media = media;
    this.options = options;
    this.atOnce = options.atOnce;
  }

  async ask(questions: readonly EvaluationCase[], options: AskOptions): Promise<(Answer | undefined)[]> {
    const answers: (Answer | undefined)[] = [];
    for (const question of questions) answers.push(await this.askOne(question, options));
    return answers;
  }

  async dispose(): Promise<void> {}

  private async askOne(question: EvaluationCase, options: AskOptions): Promise<Answer | undefined> {
    const seen = options.useMedia ? question : inWords(question);
    // Nothing is left that could be asked.
    if (seen.query.media.length === 0 && seen.query.prompt === "" && seen.shots.length === 0) return undefined;
    try {
      const messages = await chatMessages(seen, this.options, this.media);
      const { choices } = question.query;
      const answer = choices === undefined ? await this.inWords(messages, options) : await this.chosen(messages, choices, options.signal);
      this.answered = true;
      return answer;
    } catch (error) {
      // One question may be refused (too long, a filter); where all are, the request itself is wrong.
      if (error instanceof RefusedError && this.answered && [400, 413, 422].includes(error.status)) return { text: "", refused: error.message };
      throw error;
    }
  }

  private async inWords(messages: readonly ChatMessage[], { maxTokens, signal }: AskOptions): Promise<Answer> {
    const { text, usage } = await this.complete(messages, maxTokens, false, signal);
    return { text: answerIn(text), ...usage };
  }

  private async chosen(messages: readonly ChatMessage[], choices: readonly string[], signal: AbortSignal | undefined): Promise<Answer> {
    const { rankBy, model } = this.options;
    if (rankBy === "likelihood" || (rankBy === "auto" && (await this.canScore(signal)))) {
      const found = read(scores, await this.client.request("/score", { model, messages, choices }, signal), `${this.client.url}/score`);
      const ranked = found.choices.map(({ log_probability: each }) => each);
      const best = ranked.indexOf(Math.max(...ranked));
      return { text: choices[best]!.trim(), scores: ranked, ranked: "likelihood" };
    }
    const { text, first, usage } = await this.complete(messages, choiceTokens, rankBy !== "words", signal);
    const likely = first === undefined ? undefined : firstTokenScores(choices, first);
    if (likely !== undefined) return { text: choices[likely.indexOf(Math.max(...likely))]!.trim(), scores: likely, ranked: "first token", ...usage };
    const place = saidChoice(choices, text);
    return { text: place === undefined ? text : choices[place]!.trim(), scores: choices.map((_, i) => Number(i === place)), ranked: "words", ...usage };
  }

  /** Whether it is a server of this package, which tells how likely given answers are. */
  private canScore(signal: AbortSignal | undefined): Promise<boolean> {
    this.scoring ??= this.client.request("/models", undefined, signal).then(
      (answer) => models.safeParse(answer).data?.data.some(({ owned_by: by }) => by === "flamingo-vlm") ?? false,
      (error: unknown) => {
        if (error instanceof RefusedError && error.status !== 401 && error.status !== 403) return false;
        throw error;
      },
    );
    return this.scoring;
  }

  private async complete(
    messages: readonly ChatMessage[],
    maxTokens: number,
    withFirst: boolean,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly text: string; readonly first?: readonly z.output<typeof token>[]; readonly usage: { readonly usage?: TokenUsage } }> {
    const fields = { max_tokens: maxTokens, temperature: 0, ...(withFirst ? { logprobs: true, top_logprobs: 20 } : {}) };
    const taken = Object.entries(fields).flatMap(([name, value]) => {
      const field = this.refused.has(name) ? alternatives[name] : name;
      return field === undefined ? [] : [[field, value] as const];
    });
    let answer: unknown;
    try {
      answer = await this.client.request("/chat/completions", { model: this.options.model, messages, ...Object.fromEntries(taken) }, signal);
    } catch (error) {
      const param = error instanceof RefusedError && error.status === 400 ? refusedField(error) : undefined;
      if (param === undefined || !taken.some(([name]) => name === param)) throw error;
      this.refused.add(param);
      // One is nothing without the other.
      if (param.includes("logprobs")) this.refused.add("logprobs").add("top_logprobs");
      return this.complete(messages, maxTokens, withFirst, signal);
    }
    const { choices, usage } = read(completion, answer, `${this.client.url}/chat/completions`);
    const { message, logprobs } = choices[0]!;
    const first = logprobs?.content?.[0]?.top_logprobs;
    return {
      text: message.content ?? "",
      ...(first == null ? {} : { first }),
      usage: usage == null ? {} : { usage: { prompt: usage.prompt_tokens, answer: usage.completion_tokens } },
    };
  }
}

/** The field that an error is about: servers name it, or say it. */
function refusedField({ param, message }: RefusedError): string | undefined {
  return param ?? Object.keys(alternatives).find((name) => new RegExp(`\\b${name}\\b`).test(message));
}

function inWords({ shots, query }: EvaluationCase): EvaluationCase {
  return { shots: shots.map((shot) => ({ ...shot, media: [] })), query: { ...query, media: [] } };
}

function read<Schema extends z.ZodType>(schema: Schema, answer: unknown, name: string): z.output<Schema> {
  const found = schema.safeParse(answer);
  if (found.success) return found.data;
  const { path, message } = found.error.issues[0]!;
  throw new DataError(`${name} answered in another form than OpenAI's: "${path.join(".")}": ${message}`);
}
