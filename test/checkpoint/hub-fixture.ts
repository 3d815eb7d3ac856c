import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type PulledSnapshot, pull } from "../../src/checkpoint/hub/platform/node-pull.ts";
import { readHubSettings } from "../../src/checkpoint/hub/platform/node-settings.ts";
import type { PullEvent } from "../../src/checkpoint/hub/pull-event.ts";
import { type LoopbackHub, type LoopbackRepository, startLoopbackHub } from "./loopback-hub.ts";

export const modelName = "org/model";
export const modelCommit = "89abcdef0123456789abcdef0123456789abcdef";

/** Bytes that are the same in every run and repeat nowhere near. */
export function someBytes(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
}

export const weights: Uint8Array = someBytes(3_000_000, 1);

/** A model of two small files and a large one. */
export const model: LoopbackRepository = {
  commit: modelCommit,
  references: ["v1.0"],
  files: [
    { name: "README.md", content: new TextEncoder().encode("A model.\n") },
    { name: "config.json", content: new TextEncoder().encode("{}\n") },
    { name: "model.safetensors", content: weights, large: true },
  ],
};

/** A hub with a model, an empty cache, and a way to pull from the one into the other; all gone after the test. */
export interface HubFixture {
  readonly hub: LoopbackHub;
  readonly cache: string;
  /** The cache's folder of the model. */
  readonly folder: string;
  /** Pulls to the end. */
  pullModel(changes?: PullChanges): Promise<PulledSnapshot>;
  /** The events of the last pull. */
  readonly events: PullEvent[];
}

interface PullChanges {
  readonly repository?: string;
  readonly revision?: string;
  readonly include?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly retries?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: PullEvent) => void;
}

export async function hubWith(repository: LoopbackRepository = model): Promise<HubFixture> {
  const hub = await startLoopbackHub({ [modelName]: repository });
  const home = await mkdtemp(join(tmpdir(), "flamingo-hub-"));
  onTestFinished(async () => {
    await hub.close();
    await rm(home, { recursive: true, force: true });
  });
  const cache = join(home, "hub");
  const events: PullEvent[] = [];
  return {
    hub,
    cache,
    folder: join(cache, "models--org--model"),
    events,
    async pullModel({ environment = {}, onEvent, ...changes } = {}) {
      const settings = await readHubSettings({ HF_HOME: home, HF_ENDPOINT: hub.endpoint, HF_HUB_DOWNLOAD_TIMEOUT: "100", ...environment });
      const pulling = pull({ repository: modelName, settings, retries: 2, retrySeconds: 0.01, ...changes });
      events.length = 0;
      let result = await pulling.next();
      for (; result.done !== true; result = await pulling.next()) {
        events.push(result.value);
        onEvent?.(result.value);
      }
      return result.value;
    },
  };
}

/** An error for users whose message matches. */
export const refused = (says: RegExp): unknown => expect.objectContaining({ name: "CheckpointError", message: expect.stringMatching(says) as string });

/** Names of the contents in the cache's folder of a repository. */
export const blobs = async (folder: string): Promise<readonly string[]> => (await readdir(join(folder, "blobs"))).sort();
