import { signal } from "@preact/signals";
import { AnswerError, type Answerer } from "../answering/answerer.ts";
import { ServerAnswerer } from "../answering/server-answerer.ts";

/** Whether there is somebody to ask. */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "ready"; readonly model: string }
  | { readonly state: "loading" | "gone" | "locked" | "failed"; readonly message: string };

const keyName = "flamingo-api-key";
const every = 2000;

export const connection = signal<Connection>({ state: "connecting" });
/** Kept until the tab is closed. */
export const apiKey = signal(sessionStorage.getItem(keyName) ?? "");
/** The address that `/v1` lies under. */
export const base = new URL(".", document.baseURI);
/** What answers. A model in the page itself would stand here as well. */
export const answerer: Answerer = new ServerAnswerer(base, () => apiKey.value);

let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks for the model, again and again until there is one or somebody has to do something. */
export async function connect(): Promise<void> {
  clearTimeout(timer);
  try {
    connection.value = { state: "ready", model: await answerer.model(AbortSignal.timeout(30_000)) };
  } catch (error) {
    lost(error);
  }
}

/** Tells of an answer that failed: where that was because nobody is there to answer, it is looked for. @returns whether it was that */
export function lost(error: unknown): boolean {
  const { kind, message } = error instanceof AnswerError ? error : { kind: "gone" as const, message: "The server does not answer." };
  if (kind === "wrong" || kind === "failed" || kind === "busy") {
    if (connection.value.state !== "connecting") return false;
    connection.value = { state: "failed", message };
    return true;
  }
  connection.value = { state: kind, message };
  clearTimeout(timer);
  if (kind !== "locked") timer = setTimeout(() => void connect(), every);
  return true;
}

export function useKey(key: string): void {
  apiKey.value = key;
  sessionStorage.setItem(keyName, key);
  void connect();
}
