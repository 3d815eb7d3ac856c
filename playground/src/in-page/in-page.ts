import type { Answerer, ModelEvents } from "../answering/answerer.ts";
import { PageAnswerer } from "./page-answerer.ts";
import { wantedDevice } from "./wanted-device.ts";

/** `#in-page` of a page that brings the model along. */
export const openInPage: ((events: ModelEvents) => Answerer) | undefined = (events) => new PageAnswerer(wantedDevice(location.search), events);
