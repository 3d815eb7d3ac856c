import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Logger } from "pino";
import type { AnswerQueue } from "./answer-queue.ts";
import type { ServeMetrics } from "./metrics.ts";
import type { PictureReader } from "./pictures.ts";
import type { ServedModel } from "./served-model.ts";
import type { ServeSettings } from "./settings.ts";
import type { SupportSetStore } from "./support-set-store.ts";

/** What the resources share. */
export interface Service {
  readonly model: ServedModel;
  readonly queue: AnswerQueue;
  readonly supportSets: SupportSetStore;
  readonly pictures: PictureReader;
  readonly metrics: ServeMetrics;
  readonly settings: ServeSettings;
  readonly log: Logger;
}

/** What middleware leaves for the handlers of a request. */
export interface RequestVariables {
  readonly Variables: {
    readonly requestId: string;
    /** When it came, on the clock of `performance.now()`. */
    readonly started: number;
    /** Aborted when the client is gone or the time is up. */
    readonly signal: AbortSignal;
    /** Called by an answer that is still being written when its handler returns: it is over when `leave` is. */
    readonly stay: () => () => void;
    /** Told what went wrong after the answer had begun. */
    readonly failed: (error: unknown) => void;
  };
}

export type ServerApp = OpenAPIHono<RequestVariables>;

/** Adds the routes of a resource. */
export type Resource = (app: ServerApp, service: Service) => void;
