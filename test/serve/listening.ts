import { rm } from "node:fs/promises";
import OpenAI from "openai";
import { pino } from "pino";
import sharp from "sharp";
import { onTestFinished } from "vitest";
import { Flamingo } from "../../src/index.ts";
import { type RunningServer, startServer } from "../../src/serve/server.ts";
import { defaultSettings, type ServeSettings } from "../../src/serve/settings.ts";
import { noisePicture, writeTinyModel } from "../generate/tiny-model.ts";

/** A server that listens, with a model of random weights behind it. */
export interface Listening {
  readonly model: Flamingo;
  readonly server: RunningServer;
  readonly url: string;
  readonly openai: OpenAI;
  close(): Promise<void>;
}

/** @param seed - of the model's weights */
export async function listen(settings: Partial<ServeSettings> = {}, seed = 5): Promise<Listening> {
  const { folder } = await writeTinyModel(undefined, seed);
  return serving(folder, settings, () => rm(folder, { recursive: true, force: true }));
}

/** The same with another model. */
export async function serving(name: string, settings: Partial<ServeSettings> = {}, closed: () => Promise<void> = async () => {}): Promise<Listening> {
  const model = await Flamingo.load(name, { device: "cpu", maxPixels: settings.maxPixels ?? defaultSettings.maxPixels });
  const server = await startServer({ ...defaultSettings, ...settings }, { host: "127.0.0.1", port: 0 }, pino({ level: "silent" }));
  server.serve(model);
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: settings.apiKey ?? "none", maxRetries: 0 });
  return {
    model,
    server,
    url: server.url,
    openai,
    close: async () => {
      await server.drain();
      await model.dispose();
      await closed();
    },
  };
}

/** The same for one test. */
export async function listenHere(settings: Partial<ServeSettings> = {}, seed = 5): Promise<Listening> {
  const listening = await listen(settings, seed);
  onTestFinished(() => listening.close());
  return listening;
}

/** A picture of noise as the bytes of a PNG. */
export async function png(seed: number, width = 32, height = 32): Promise<Uint8Array> {
  const { data } = noisePicture(seed, width, height);
  return new Uint8Array(
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

export function dataUrl(bytes: Uint8Array, type = "image/png"): string {
  return `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
}

export const pngUrl = async (seed: number): Promise<string> => dataUrl(await png(seed));

/** A part of a message. */
export const shown = (url: string): { type: "image_url"; image_url: { url: string } } => ({ type: "image_url", image_url: { url } });

/** All that a stream gives. */
export async function collected<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
