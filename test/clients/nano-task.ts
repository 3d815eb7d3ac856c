/** A task that every client is given: two new words, each from one drawing, and a drawing of the first thing by other hands. */
import { readFile } from "node:fs/promises";
import { dataUrl, type Listening, serving } from "../serve/listening.ts";

const drawing = (name: string): Promise<Buffer> => readFile(new URL(`../../models/nano/drawings/${name}.webp`, import.meta.url));

export const turtle = await drawing("noto/turtle");
export const crown = await drawing("noto/crown");
export const otherTurtle = await drawing("twemoji/turtle");
export const rightAnswer = "a dax";
export const answerTokens = 3;

export const webp = (bytes: Uint8Array): string => dataUrl(bytes, "image/webp");

/** A server with nano that listens. */
export const serveNano = (): Promise<Listening> => serving("nano", { apiKey: "secret" });

/** Settled when the model works for nobody any more. */
export async function idle({ url }: Listening): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    if (/^vllm:num_requests_running\{.*\} 0$/m.test(metrics)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
