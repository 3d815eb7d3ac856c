import { z } from "@hono/zod-openapi";

const refused = "is not supported by this server: leave it out";

/** A field that OpenAI's clients may send and that means nothing here. It may be null, and is refused otherwise, never ignored. */
export const unsupported = (): z.ZodOptional<z.ZodNull> => z.null(refused).optional();

/** The same of a list, which may be empty. */
export const unsupportedList = (): z.ZodOptional<z.ZodNullable<z.ZodArray<z.ZodUnknown>>> => z.array(z.unknown()).max(0, refused).nullish();

/** The same of a choice, where these values ask for nothing. */
export const unsupportedBut = <const Value extends string>(...harmless: readonly Value[]): z.ZodOptional<z.ZodNullable<z.ZodLiteral<Value>>> =>
  z.literal(harmless, refused).nullish();

/** A field that has one value here. */
export const only = <const Value extends string | number | boolean>(value: Value): z.ZodOptional<z.ZodLiteral<Value | null>> =>
  z.literal([value, null], `can only be ${JSON.stringify(value)} on this server: leave it out`).optional();

/** A field of OpenAI's that changes no answer. */
export const noted = z.string().max(512).nullish().describe("Accepted, and changes nothing.");

export const errorBody = z
  .strictObject({
    error: z.strictObject({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable().describe("The field that is wrong."),
      code: z.string().nullable(),
    }),
  })
  .openapi("Error");

/** An answer in JSON, as a route describes it. */
export const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({ description, content: { "application/json": { schema } } });

/** The body that a route takes. */
export const body = <Schema extends z.ZodType>(schema: Schema) => ({ body: { required: true, content: { "application/json": { schema } } } });

const jsonError = (description: string) => json(description, errorBody);

/** What every resource may answer besides what it is for. */
export const failures = {
  400: jsonError("The request is wrong; `param` names the field."),
  401: jsonError("The API key is missing or wrong."),
  404: jsonError("There is no such model or support set."),
  408: jsonError("It took longer than the server allows."),
  413: jsonError("The request is larger than the server allows."),
  415: jsonError("The body is not JSON."),
  429: jsonError("Too many requests are there; `Retry-After` says when to ask again."),
  500: jsonError("A fault of the server; its log has more under the id in `x-request-id`."),
  503: jsonError("The model is loading, or the server is stopping."),
} as const;

export const usage = z
  .strictObject({
    prompt_tokens: z.int().describe("Those of the support set included."),
    completion_tokens: z.int(),
    total_tokens: z.int(),
    prompt_tokens_details: z.strictObject({ cached_tokens: z.int().describe("Tokens that a support set had read before.") }),
  })
  .openapi("Usage");
export type Usage = z.output<typeof usage>;

/** Fields that chat completions and completions share. */
export const answerFields = {
  model: z.string().describe("As `/v1/models` names it."),
  support_set: z.string().nullish().describe("The id of a support set: its examples come before everything else, and were read once."),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().min(0).max(2).nullish().describe("0, the default, takes the likeliest token each time."),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(1).nullish().describe("Not of OpenAI's: draw among so many likeliest tokens."),
  seed: z.int().min(0).nullish().describe("The same seed draws the same answer. Default: another one each time."),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(16)]).nullish(),
  n: z.int().min(1).max(16).nullish(),
  user: noted,
  frequency_penalty: only(0),
  presence_penalty: only(0),
  logit_bias: z
    .record(z.string(), z.number())
    .refine((biases) => Object.keys(biases).length === 0, refused)
    .openapi({ maxProperties: 0 })
    .nullish(),
  repetition_penalty: only(1).describe("Not of OpenAI's."),
  min_p: only(0).describe("Not of OpenAI's."),
} as const;

/** The part of a request that says how answers are drawn. */
export const answerRequest = z.object(answerFields);
export type AnswerFields = z.output<typeof answerRequest>;
