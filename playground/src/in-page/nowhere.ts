import type { Answerer, ModelEvents } from "../answering/answerer.ts";

/** `#in-page` of a page that a server shows: it brings no model along. */
export const openInPage: ((events: ModelEvents) => Answerer) | undefined = undefined;
