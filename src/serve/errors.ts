import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { CheckpointError } from "../checkpoint/errors.ts";
import { DataError } from "../data/errors.ts";
import { ConfigError } from "../model/strict-config.ts";

interface ErrorFacts {
  /** The field that is wrong: `messages[0].content`. */
  readonly param?: string;
  readonly code?: string;
  /** Seconds after which it may be asked again. */
  readonly retryAfter?: number;
}

/** A failure as OpenAI's clients know it: a status, and a body that names the field. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: ContentfulStatusCode;
  readonly param: string | undefined;
  readonly code: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(status: ContentfulStatusCode, message: string, { param, code, retryAfter }: ErrorFacts = {}, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.param = param;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** The body of the answer. */
  get body(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    return { error: { message: this.message, type: typeOf(this.status), param: this.param ?? null, code: this.code ?? null } };
  }
}

/** What was asked cannot be done as it was asked. */
export const invalid = (message: string, param?: string, code?: string): ApiError =>
  new ApiError(400, message, { ...(param === undefined ? {} : { param }), ...(code === undefined ? {} : { code }) });

/** The answer to whatever was thrown. What no client can do anything about says no more than that. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof HTTPException)
    return new ApiError(error.status as ContentfulStatusCode, error.message || "the request cannot be read", { param: "body" });
  if (error instanceof DataError || error instanceof ConfigError || error instanceof CheckpointError) return new ApiError(400, error.message, {}, error);
  return new ApiError(500, "the server failed; its log has the reason, under the id in the header x-request-id", { code: "internal_error" }, error);
}

/** Says which field a failure is about, where it does not say so itself. @param param - the field, or what tells it from the error */
export async function about<Result>(param: string | ((error: unknown) => string), work: () => Promise<Result> | Result): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const failure = apiErrorOf(error);
    if (failure.status >= 500 || failure.param !== undefined) throw error;
    const field = typeof param === "string" ? param : param(error);
    throw new ApiError(failure.status, failure.message, { param: field, ...(failure.code === undefined ? {} : { code: failure.code }) }, error);
  }
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 429) return "rate_limit_error";
  if (status === 408) return "timeout_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
