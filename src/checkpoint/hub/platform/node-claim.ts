import { link, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { makeFolder, onDisk } from "./node-storage.ts";

/** The right to do something that one process alone should do at a time. */
export interface Claim {
  release(): Promise<void>;
}

const secondsBetweenSigns = 2;
const secondsUntilGivenUp = 60;

/**
 * Claims a file name for this process. Whoever holds a claim renews the file's time, so a process that was killed is found out: at once on the same machine,
 * after a minute on another one. A claim saves work and nothing more: what it guards must come to no harm when two processes do it all the same.
 *
 * Yields once when another process holds the claim and is waited for.
 *
 * @param isNeeded whether the work is still to be done, asked while another process holds the claim
 * @returns the claim, or undefined when the work was done by another process
 */
export async function* claim(path: string, isNeeded: () => Promise<boolean>, signal?: AbortSignal): AsyncGenerator<"waiting", Claim | undefined> {
  await onDisk(path, () => makeFolder(dirname(path)));
  const own = JSON.stringify({ host: hostname(), process: process.pid, id: crypto.randomUUID() });
  let seen: { readonly text: string; readonly time: number; readonly at: number } | undefined;
  let waits = false;
  for (;;) {
    if (await onDisk(path, () => createWith(path, own))) return held(path, own);
    const text = await readFile(path, "utf8").catch(() => undefined);
    const time = (await stat(path).catch(() => undefined))?.mtimeMs;
    // It was given back just now.
    if (text === undefined || time === undefined) continue;
    // The other machine's clock may be wrong, so what counts is whether the time changes.
    if (seen?.text !== text || seen.time !== time) seen = { text, time, at: performance.now() };
    if (isDead(text) || performance.now() - seen.at > secondsUntilGivenUp * 1000) {
      await takeAway(path, text);
      continue;
    }
    if (!(await isNeeded())) return undefined;
    if (!waits) yield "waiting";
    waits = true;
    await pause(200);
    signal?.throwIfAborted();
  }
}

async function createWith(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(text).finally(() => file.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function held(path: string, own: string): Claim {
  const signs = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, secondsBetweenSigns * 1000);
  signs.unref();
  return {
    async release() {
      clearInterval(signs);
      if ((await readFile(path, "utf8").catch(() => undefined)) === own) await rm(path, { force: true });
    },
  };
}

function isDead(text: string): boolean {
  try {
    const { host, process: id } = JSON.parse(text) as { host: unknown; process: unknown };
    if (host !== hostname() || typeof id !== "number") return false;
    process.kill(id, 0);
    return false;
  } catch (error) {
    // A file that is just being written does not parse; its time tells.
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** Removes a claim whose holder is gone, and not the one that another process may have made in its place meanwhile. */
async function takeAway(path: string, text: string): Promise<void> {
  const aside = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, "utf8")) !== text) await link(aside, path);
  } catch {
    // Another process was quicker.
  } finally {
    await rm(aside, { force: true });
  }
}
