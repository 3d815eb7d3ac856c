import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { model, modelCommit, modelName, weights } from "../checkpoint/hub-fixture.ts";
import { type LoopbackHub, sha256, startLoopbackHub } from "../checkpoint/loopback-hub.ts";
import { type Called, runFlamingo } from "./run-flamingo.ts";

// Every call starts a process of its own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
let hub: LoopbackHub;
let home: string;
beforeAll(async () => {
  hub = await startLoopbackHub({ [modelName]: model });
});
afterAll(() => hub.close());
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "flamingo-pull-"));
  hub.seen.length = 0;
  hub.speed = undefined;
});
afterEach(() => rm(home, { recursive: true, force: true }));

// Nothing that is set where the tests run may change what they see.
const environment = (): Record<string, string> => ({
  HF_HOME: home,
  HF_HUB_CACHE: join(home, "hub"),
  HF_ENDPOINT: hub.endpoint,
  HF_TOKEN: "",
  HF_HUB_OFFLINE: "",
  // The machine may be busy with other things.
  HF_HUB_DOWNLOAD_TIMEOUT: "100",
});
const pull = (args: readonly string[], watch?: (stderr: string, send: (signal: NodeJS.Signals) => void) => void): Promise<Called> =>
  runFlamingo(["pull", modelName, ...args], { environment: environment(), ...(watch === undefined ? {} : { watch }) });
const rest = (): string => join(home, "hub", "models--org--model", "blobs", `${sha256(weights)}.incomplete`);
const fromCdn = (): LoopbackHub["seen"] => hub.seen.filter(({ server }) => server === "cdn");

async function untilPartlyThere(): Promise<void> {
  while (((await stat(rest()).catch(() => undefined))?.size ?? 0) < 100_000) await pause(20);
}

it("prints where the snapshot lies, progress apart from it; with --json one object", async () => {
  const snapshot = join(home, "hub", "models--org--model", "snapshots", modelCommit);
  const first = await pull(["--revision", "v1.0"]);
  expect(first).toMatchObject({ code: 0, stdout: `${snapshot}\n` });
  expect(first.stderr).toMatch(
    /^org\/model: 3 files, 3\.0 MB\n(.*\n)*3\/3 files {2}3\.0 MB of 3\.0 MB\norg\/model at v1\.0 \(89abcdef0123\): 3 files, 3\.0 MB, 3\.0 MB downloaded\n$/,
  );
  const second = await pull(["--json", "--include", "*.safetensors", "--include", "config.json"]);
  expect(second.code).toBe(0);
  expect(JSON.parse(second.stdout)).toEqual({
    repository: modelName,
    revision: "main",
    commit: modelCommit,
    folder: snapshot,
    files: [
      { name: "config.json", bytes: 3 },
      { name: "model.safetensors", bytes: weights.length, sha256: sha256(weights) },
    ],
    bytes: weights.length + 3,
    downloaded: 0,
  });
});

it("Ctrl-C leaves what the same command goes on from", async () => {
  hub.speed = 100_000;
  let interrupt: (() => void) | undefined;
  const running = pull([], (_stderr, send) => (interrupt = () => send("SIGINT")));
  await untilPartlyThere();
  interrupt!();
  expect(await running).toMatchObject({
    code: 130,
    stdout: "",
    stderr: expect.stringMatching(/flamingo: stopped; what was downloaded is kept, and the same command goes on from there\n$/) as string,
  });
  const left = (await stat(rest())).size;
  hub.speed = undefined;
  hub.seen.length = 0;
  const again = await pull(["--json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({ downloaded: weights.length - left });
  expect(fromCdn()).toMatchObject([{ range: `bytes=${left}-` }]);
});

it("a process that was killed does not stand in the way, and its part is used", async () => {
  hub.speed = 100_000;
  // The command itself and not bin/flamingo.mjs, which only starts it.
  const child = spawn(process.execPath, ["--conditions=flamingo-source", main, "pull", modelName], {
    env: { ...process.env, ...environment() },
    stdio: "ignore",
  });
  await untilPartlyThere();
  child.kill("SIGKILL");
  await once(child, "exit");
  const claim = join(home, "hub", ".locks", "models--org--model", `${sha256(weights)}.flamingo`);
  expect(existsSync(claim)).toBe(true);
  const left = (await stat(rest())).size;
  hub.speed = undefined;
  hub.seen.length = 0;
  const again = await pull(["--json"]);
  const { folder, downloaded } = JSON.parse(again.stdout) as { folder: string; downloaded: number };
  expect(downloaded).toBe(weights.length - left);
  expect(fromCdn()).toMatchObject([{ range: `bytes=${left}-` }]);
  expect(Buffer.compare(await readFile(join(folder, "model.safetensors")), weights)).toBe(0);
  expect(existsSync(claim)).toBe(false);
});

it("two processes download a file once", async () => {
  hub.speed = 100_000;
  const first = pull(["--json"]);
  await untilPartlyThere();
  const second = await pull(["--json"], (stderr) => {
    if (stderr.includes("another process")) hub.speed = undefined;
  });
  expect(second.stderr).toContain("another process is downloading model.safetensors; waiting for it\n");
  expect((await first).code).toBe(0);
  expect(JSON.parse(second.stdout)).toMatchObject({ downloaded: 0 });
  expect(fromCdn()).toHaveLength(1);
});

it("says in one line what is wrong", async () => {
  expect(await runFlamingo(["pull"], { environment: environment() })).toMatchObject({ code: 2, stdout: "" });
  const missing = await runFlamingo(["pull", "org/other"], { environment: { ...environment(), HF_TOKEN: "hf_secret" } });
  expect(missing).toMatchObject({ code: 1, stdout: "", stderr: `flamingo: there is no repository org/other on ${hub.endpoint}; check the name\n` });
  const offline = await runFlamingo(["pull", modelName, "--json"], { environment: { ...environment(), HF_HUB_OFFLINE: "1" } });
  expect(offline).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^flamingo: HF_HUB_OFFLINE is set, and org\/model at revision main is not in .*\n$/) as string,
  });
  expect(hub.seen.filter(({ path }) => path.includes(modelName))).toEqual([]);
});

// A disk of its own for a process takes rights that not every machine gives.
const alone = { command: "unshare", options: ["-rm"] };
const mountable = spawnSync(alone.command, [...alone.options, "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

/** Pulls after a shell has mounted something over `$HF_HOME`, which no other process sees. */
async function pullWithDisk(mount: string): Promise<{ readonly code: number; readonly stderr: string }> {
  const script = `${mount} && exec "$0" --conditions=flamingo-source "$1" pull ${modelName}`;
  const child = spawn(alone.command, [...alone.options, "sh", "-c", script, process.execPath, main], {
    env: { ...process.env, ...environment() },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, stderr };
}
const failed = (says: RegExp): unknown => ({ code: 1, stderr: expect.stringMatching(says) as string });

it.skipIf(!mountable)("says when the disk is too small or becomes full", async () => {
  const small = await pullWithDisk('mount -t tmpfs -o size=1m none "$HF_HOME"');
  expect(small).toEqual(failed(/^flamingo: not enough room in \S+: 3 MB are needed and \S+ MB are free; make room or set HF_HUB_CACHE/));
  // A pull makes more files and folders than that: there is room for the bytes, and yet it ends in the middle.
  const full = await pullWithDisk('mount -t tmpfs -o size=9m,nr_inodes=9 none "$HF_HOME"');
  expect(full).toEqual(failed(/flamingo: cannot use \S+: the disk is full; make room, then run the same command: it goes on where it stopped\n$/));
});

it.skipIf(!mountable)("says when the disk is read-only, unless all is there", async () => {
  const readOnly = 'mount --bind "$HF_HOME" "$HF_HOME" && mount -o remount,bind,ro "$HF_HOME"';
  const empty = await pullWithDisk(readOnly);
  expect(empty).toEqual(failed(/flamingo: cannot use \S+: the disk is read-only; set HF_HUB_CACHE to a folder that can be written\n$/));
  // Known by a tag only, so the branch is news that cannot be kept.
  await pull(["--revision", "v1.0"]);
  expect(await pullWithDisk(readOnly)).toEqual({ code: 0, stderr: expect.stringContaining("all there already") as string });
});
