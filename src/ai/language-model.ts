import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
  SharedV4Warning,
} from "@ai-sdk/provider";
import { longestUnasked, roomAfter } from "../generate/answer-length.ts";
import type { AnswerRequest } from "../generate/answer-scheduler.ts";
import type { AnswerPiece } from "../generate/answer-stream.ts";
import { AnswerText } from "../generate/answer-text.ts";
import type { AnswerEnd } from "../generate/decode.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import type { SupportSet } from "../generate/support-set.ts";
import { ConfigError } from "../model/strict-config.ts";
import { promptOfMessages } from "./conversation.ts";

export interface FlamingoLanguageModelOptions {
  /** Examples that every question begins with. They were read once. */
  readonly supportSet?: SupportSet;
}

/** A question that was looked at, with everything but its answer. */
interface Asked {
  readonly request: AnswerRequest;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly warnings: SharedV4Warning[];
}

/**
 * A model in this process, Node's or a page's, for `generateText` and `streamText` of the AI SDK. What a user showed and the assistant said is an example; what the user says last is asked. Tools and JSON are refused: `model.score` chooses among answers.
 *
 * @example
 * ```ts
 * const { text } = await generateText({ model: flamingo(await Flamingo.load("nano")), messages });
 * ```
 */
export function flamingo(model: Flamingo, { supportSet }: FlamingoLanguageModelOptions = {}): LanguageModelV4 {
  const modelId = model.folder.description.name;

  // Questions that are asked at the same time are answered together.
  const scheduler = model.scheduler();

  const doGenerate = async (options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> => {
    const asked = await look(model, supportSet, options);
    const shown = new AnswerText();
    let text = "";
    let tokens = 0;
    let end: AnswerEnd = "maxTokens";
    for await (const piece of scheduler.answer([asked.request], options.abortSignal)) {
      text += shown.next(piece.text);
      if (piece.end !== "endOfChunk") tokens += 1;
      end = piece.end ?? end;
    }
    return {
      content: [{ type: "text", text }],
      finishReason: finishOf(end),
      usage: usageOf(asked, tokens),
      warnings: asked.warnings,
      response: { modelId, timestamp: new Date() },
    };
  };

  const doStream = async (options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> => {
    const asked = await look(model, supportSet, options);
    const gone = new AbortController();
    const signal = options.abortSignal === undefined ? gone.signal : AbortSignal.any([options.abortSignal, gone.signal]);
    const stream = new ReadableStream<LanguageModelV4StreamPart>({
      async start(controller) {
        try {
          for await (const part of parts(asked, scheduler.answer([asked.request], signal), modelId)) controller.enqueue(part);
          controller.close();
        } catch (error) {
          if (!gone.signal.aborted) controller.error(error);
        }
      },
      cancel: () => gone.abort(),
    });
    return { stream };
  };

  return { specificationVersion: "v4", provider: "flamingo-vlm", modelId, supportedUrls: {}, doGenerate, doStream };
}

async function* parts(asked: Asked, pieces: AsyncIterable<AnswerPiece>, modelId: string): AsyncGenerator<LanguageModelV4StreamPart> {
  const id = "answer";
  yield { type: "stream-start", warnings: asked.warnings };
  yield { type: "response-metadata", modelId, timestamp: new Date() };
  yield { type: "text-start", id };
  const shown = new AnswerText();
  let tokens = 0;
  let end: AnswerEnd = "maxTokens";
  for await (const piece of pieces) {
    const delta = shown.next(piece.text);
    if (delta !== "") yield { type: "text-delta", id, delta };
    if (piece.end !== "endOfChunk") tokens += 1;
    end = piece.end ?? end;
  }
  yield { type: "text-end", id };
  yield { type: "finish", usage: usageOf(asked, tokens), finishReason: finishOf(end) };
}

/** Everything that can be wrong is found here. @throws ConfigError or DataError */
async function look(model: Flamingo, supportSet: SupportSet | undefined, options: LanguageModelV4CallOptions): Promise<Asked> {
  const { maxOutputTokens, temperature, topP, topK, seed, stopSequences, abortSignal } = options;
  const warnings = warningsOf(options);
  const { markers, prompt: layout } = model.folder.description;
  const pieces = promptOfMessages(options.prompt, { markers, layout }, supportSet !== undefined);
  const prompt = supportSet === undefined ? pieces : [supportSet, ...pieces];
  const promptTokens = await model.check(prompt, { maxTokens: maxOutputTokens ?? 1, ...(abortSignal === undefined ? {} : { signal: abortSignal }) });
  const request: AnswerRequest = {
    prompt,
    maxTokens: maxOutputTokens ?? Math.min(longestUnasked, roomAfter(model, promptTokens)),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(seed === undefined ? {} : { seed }),
    ...(stopSequences === undefined ? {} : { stop: stopSequences }),
  };
  return { request, promptTokens, cachedTokens: supportSet?.tokens ?? 0, warnings };
}

/** @throws ConfigError when the answer would not be what was asked for */
function warningsOf({ tools, responseFormat, presencePenalty, frequencyPenalty, reasoning }: LanguageModelV4CallOptions): SharedV4Warning[] {
  if (tools !== undefined && tools.length > 0) throw new ConfigError("tools: this model calls no tools; leave them out");
  if (responseFormat?.type === "json") throw new ConfigError("responseFormat: this model writes no JSON; ask for text, or compare answers with model.score");
  const changes = {
    presencePenalty: presencePenalty !== undefined && presencePenalty !== 0,
    frequencyPenalty: frequencyPenalty !== undefined && frequencyPenalty !== 0,
    reasoning: reasoning !== undefined && reasoning !== "provider-default" && reasoning !== "none",
  };
  return Object.entries(changes).flatMap(([feature, asked]) => (asked ? [{ type: "unsupported" as const, feature }] : []));
}

function finishOf(end: AnswerEnd): LanguageModelV4FinishReason {
  return { unified: end === "maxTokens" ? "length" : "stop", raw: end };
}

function usageOf({ promptTokens, cachedTokens }: Asked, tokens: number): LanguageModelV4Usage {
  return {
    inputTokens: { total: promptTokens, noCache: promptTokens - cachedTokens, cacheRead: cachedTokens, cacheWrite: 0 },
    outputTokens: { total: tokens, text: tokens, reasoning: 0 },
  };
}
