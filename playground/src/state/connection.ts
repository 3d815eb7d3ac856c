import { computed, signal } from "@preact/signals";
import { openInPage } from "#in-page";
import { AnswerError, type Answerer, type AnsweringModel } from "../answering/answerer.ts";
import { ServerAnswerer } from "../answering/server-answerer.ts";
import { keepPlace, keptPlace, type Place } from "./place.ts";

/** Whether there is somebody to ask. */
export type Connection =
  | { readonly state: "connecting" }
  | ({ readonly state: "ready" } & AnsweringModel)
  | { readonly state: "coming"; readonly done: number; readonly total: number }
  | { readonly state: "loading" | "gone" | "locked" | "failed"; readonly message: string };

const keyName = "flamingo-api-key";
const every = 2000;
/** A server that does not answer is not waited for; a model may have to be fetched first. */
const patience = { server: 30_000, page: 3_600_000 } as const;

export const connection = signal<Connection>({ state: "connecting" });
/** Kept until the tab is closed. */
export const apiKey = signal(sessionStorage.getItem(keyName) ?? "");
/** Where answers come from. */
export const place = signal<Place>(keptPlace());
/** Whether the page can hold the model itself. */
export const canHoldModel = openInPage !== undefined;
/** What answers. */
export const answerer = signal<Answerer>(answererAt(place.value));
/** The address that `/v1` lies under; for a model in the page that of a server as it is started without options. */
export const base = computed(() => (place.value.in === "server" ? place.value.address : new URL("http://127.0.0.1:8000/")));

let timer: ReturnType<typeof setTimeout> | undefined;

function answererAt(where: Place): Answerer {
  if (where.in === "server" || openInPage === undefined)
    return new ServerAnswerer(where.in === "server" ? where.address : new URL(".", document.baseURI), () => apiKey.value);
  const opened: Answerer = openInPage({
    progress: ({ done, total }) => {
      if (answerer.peek() !== opened || !isOnItsWay(connection.peek())) return;
      connection.value = done < total ? { state: "coming", done, total } : { state: "loading", message: "Starting the model…" };
    },
    changed: (model) => {
      if (answerer.peek() === opened) connection.value = { state: "ready", ...model };
    },
  });
  return opened;
}

/** Asks for the model, again and again until there is one or somebody has to do something. */
export async function connect(): Promise<void> {
  clearTimeout(timer);
  const asked = answerer.peek();
  try {
    const model = await asked.model(AbortSignal.timeout(patience[place.peek().in]));
    if (answerer.peek() === asked) connection.value = { state: "ready", ...model };
  } catch (error) {
    if (answerer.peek() === asked) lost(error);
  }
}

/** Lets somebody else answer. */
export function answerFrom(where: Place): void {
  clearTimeout(timer);
  answerer.peek().dispose();
  connection.value = { state: "connecting" };
  place.value = where;
  keepPlace(where);
  answerer.value = answererAt(where);
  void connect();
}

/** Tells of an answer that failed: where that was because nobody is there to answer, it is looked for. @returns whether it was that */
export function lost(error: unknown): boolean {
  const { kind, message } = error instanceof AnswerError ? error : { kind: "gone" as const, message: "The server does not answer." };
  if (kind === "wrong" || kind === "failed" || kind === "busy") {
    if (!isOnItsWay(connection.value)) return false;
    connection.value = { state: "failed", message };
    return true;
  }
  connection.value = { state: kind, message };
  clearTimeout(timer);
  if (kind !== "locked") timer = setTimeout(() => void connect(), every);
  return true;
}

function isOnItsWay({ state }: Connection): boolean {
  return state === "connecting" || state === "coming" || state === "loading";
}

/** Begins anew after a failure. */
export function tryAgain(): void {
  answerFrom(place.peek());
}

export function useKey(key: string): void {
  apiKey.value = key;
  sessionStorage.setItem(keyName, key);
  void connect();
}
