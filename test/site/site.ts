import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { type ServerManner, type StaticServer, startServer } from "../package/static-server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const built = fileURLToPath(new URL("../../site", import.meta.url));
/** No host has it at its root. */
export const under = "/demos/flamingo/";

/** Builds the site where it is older than its sources. */
export function buildSite(): void {
  execFileSync(process.execPath, ["tools/ensure-playground.ts", "site"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
}

export interface Asked {
  readonly path: string;
  readonly range: string | undefined;
}

export interface Site extends StaticServer {
  /** Of the page, with a slash at the end. */
  readonly url: string;
  /** All that was asked for, in order. */
  readonly asked: Asked[];
}

/** The static site on a server that knows ranges, for one test. @param manner - may be changed while it serves */
export async function serveSite(manner: ServerManner = {}, folder = built): Promise<Site> {
  const asked: Asked[] = [];
  const server = await startServer(
    folder,
    Object.assign(manner, { ranges: true, under, asked: (path: string, range: string | undefined) => asked.push({ path, range }) }),
  );
  onTestFinished(() => server.close());
  return { ...server, url: `${server.address}${under}`, asked };
}

/** Of the files of weights, what was asked for. */
export function weightsAsked({ asked }: Pick<Site, "asked">): readonly Asked[] {
  return asked.filter(({ path }) => path.endsWith(".safetensors"));
}

/** What the page says about who answers. */
export async function answeredBy(page: Page): Promise<string> {
  return ((await page.locator(".connection").textContent()) ?? "").trim();
}

/** Takes from the kept file of so many bytes or more one byte in the middle, and writes another. */
export function damageKept(page: Page, atLeast: number): Promise<number> {
  return page.evaluate(
    `(async () => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("flamingo-files");
      let damaged = 0;
      for await (const handle of folder.values()) {
        const file = await handle.getFile();
        if (file.size < ${atLeast}) continue;
        const at = file.size >> 1;
        const [byte] = new Uint8Array(await file.slice(at, at + 1).arrayBuffer());
        const writable = await handle.createWritable({ keepExistingData: true });
        await writable.write({ type: "write", position: at, data: Uint8Array.of(byte ^ 255) });
        await writable.close();
        damaged += 1;
      }
      return damaged;
    })()`,
  );
}
