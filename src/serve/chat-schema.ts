import { z } from "@hono/zod-openapi";
import { answerFields, noted, only, unsupported, unsupportedBut, unsupportedList, usage } from "./schemas.ts";
import { tokenLogProbability } from "./token-log-probabilities.ts";

const textPart = z.strictObject({ type: z.literal("text"), text: z.string() }).openapi("TextPart");

const picturePart = z
  .strictObject({
    type: z.literal("image_url"),
    image_url: z.strictObject({
      url: z.string().describe("A data URL: data:image/png;base64,… Addresses are opened only of hosts that the operator has named."),
      detail: z.enum(["auto", "low", "high"]).nullish().describe("Changes nothing: every picture is read in the size that the model was trained with."),
    }),
  })
  .openapi("PicturePart");

const content = z.union([z.string(), z.array(z.discriminatedUnion("type", [textPart, picturePart])).min(1)]);

const given = { name: noted };

/** OpenAI's clients send back what they were given. */
const assistantMessage = z.strictObject({
  role: z.literal("assistant"),
  content: content.nullable(),
  refusal: unsupported(),
  annotations: z.array(z.unknown()).max(0).nullish(),
  audio: unsupported(),
  tool_calls: unsupportedList(),
  function_call: unsupported(),
  ...given,
});

export const message = z
  .discriminatedUnion("role", [
    z.strictObject({ role: z.literal("system"), content, ...given }),
    z.strictObject({ role: z.literal("developer"), content, ...given }),
    z.strictObject({ role: z.literal("user"), content, ...given }),
    assistantMessage,
  ])
  .openapi("Message");

export const messages = z
  .array(message)
  .min(1)
  .describe(
    "A user's message and the assistant's after it are an example; the last message is asked. Several pictures in a message, each with its text, are examples too.",
  );

export const chatRequest = z
  .strictObject({
    ...answerFields,
    messages,
    max_tokens: z.int().min(1).nullish(),
    max_completion_tokens: z.int().min(1).nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    response_format: z.strictObject({ type: z.literal("text") }).nullish(),
    modalities: z.array(z.literal("text")).nullish(),
    service_tier: z.enum(["auto", "default"]).nullish(),
    store: only(false),
    metadata: z.record(z.string(), z.string()).nullish().describe("Accepted, and changes nothing."),
    prompt_cache_key: noted,
    safety_identifier: noted,
    prompt_cache_retention: noted,
    tools: unsupportedList(),
    tool_choice: unsupportedBut("none", "auto"),
    parallel_tool_calls: z.boolean().nullish().describe("Changes nothing: there are no tools."),
    functions: unsupportedList(),
    function_call: unsupportedBut("none", "auto"),
    audio: unsupported(),
    prediction: unsupported(),
    reasoning_effort: unsupportedBut("none"),
    verbosity: unsupported(),
    web_search_options: unsupported(),
  })
  .refine(({ top_logprobs, logprobs }) => top_logprobs == null || logprobs === true, { path: ["top_logprobs"], error: "needs logprobs to be true" })
  .refine(({ stream_options, stream }) => stream_options == null || stream === true, { path: ["stream_options"], error: "needs stream to be true" })
  .openapi("ChatCompletionRequest");
export type ChatRequest = z.output<typeof chatRequest>;

const logProbabilities = z.strictObject({ content: z.array(tokenLogProbability), refusal: z.null() }).nullable();
const finish = z.enum(["stop", "length"]);

export const chatCompletion = z
  .strictObject({
    id: z.string(),
    object: z.literal("chat.completion"),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.strictObject({
        index: z.int(),
        message: z.strictObject({ role: z.literal("assistant"), content: z.string(), refusal: z.null() }),
        finish_reason: finish,
        logprobs: logProbabilities,
      }),
    ),
    usage,
  })
  .openapi("ChatCompletion");

export const chatChunk = z
  .strictObject({
    id: z.string(),
    object: z.literal("chat.completion.chunk"),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.strictObject({
        index: z.int(),
        delta: z.strictObject({ role: z.literal("assistant").optional(), content: z.string().optional(), refusal: z.null().optional() }),
        finish_reason: finish.nullable(),
        logprobs: logProbabilities,
      }),
    ),
    usage: z.union([usage, z.null()]).optional(),
  })
  .openapi("ChatCompletionChunk");
export type ChatChunk = z.output<typeof chatChunk>;
