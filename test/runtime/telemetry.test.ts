import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { picture, programCall, runProcess } from "./run-program.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const hasStrace = spawnSync("strace", ["-f", "-qq", "-o", "/dev/null", process.execPath, "--version"]).status === 0;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-home-"));
});
afterAll(() => rm(folder, { recursive: true }));

const ask = [process.execPath, join(root, "bin/flamingo.mjs"), "ask", "--shot", `${picture}=a dax`, "--image", picture];

const starts: readonly { readonly how: string; readonly call: readonly string[] }[] = [
  { how: "the command", call: ask },
  { how: "a program", call: programCall({ worker: true, answers: 1 }) },
  { how: "a program that works in its own thread", call: programCall({ worker: false, answers: 1 }) },
  { how: "a thread of a program", call: programCall({ ownThread: true, worker: true, answers: 1 }) },
  { how: "a thread of a program that works there", call: programCall({ ownThread: true, worker: false, answers: 1 }) },
];

/** Files outside of the package that Node, C's library and ONNX Runtime read to learn what the machine is: its cores, its memory, its time zone. */
const ofTheSystem = [
  /^\/(?:usr\/)?lib(?:64)?\//,
  /^\/etc\/(?:ld\.so\.cache|ld\.so\.preload|ssl\/openssl\.cnf|localtime)$/,
  /^\/usr\/share\/zoneinfo\//,
  /^\/proc\/(?:self\/(?:maps|cgroup|exe|stat|status|mountinfo)|meminfo|cpuinfo|stat|version_signature|sys\/vm\/overcommit_memory)$/,
  /^\/sys\/(?:fs\/cgroup|devices\/system\/(?:cpu|node)|bus\/pci\/devices|class\/(?:drm|accel))(?:\/|$)/,
  /^\/dev\/(?:null|urandom|shm\/)/,
];

/** A line of the trace: the thread's number, then the call. */
const changing = /^\d+ +(?:open(?:at2?)?\(.*O_(?:WRONLY|RDWR|CREAT)|(?:creat|truncate|(?:mkdir|mknod|rename|unlink|link|symlink)(?:at2?)?|rmdir)\()/;

interface Traced {
  readonly code: number | null;
  readonly stderr: string;
  /** Outside of the package, whether they were there or not. */
  readonly opened: readonly string[];
  /** Written, made or removed. */
  readonly changed: readonly string[];
  /** Sockets to other machines, and what looks for them. */
  readonly network: readonly string[];
}

async function traced(call: readonly string[]): Promise<Traced> {
  const log = join(folder, "trace");
  const { code, stderr } = await runProcess(["strace", "-f", "-qq", "-s", "4096", "-e", "trace=%file,%network", "-o", log, ...call], { HOME: folder });
  const lines = (await readFile(log, "utf8")).split("\n");
  await rm(log);
  const pathOf = (line: string): string => /"([^"]*)"/.exec(line)?.[1] ?? line;
  const opening = lines.filter((line) => /\bopen(?:at2?)?\(/.test(line));
  return {
    code,
    stderr,
    opened: [...new Set(opening.map(pathOf))].filter((path) => !path.startsWith(root) && path !== picture),
    changed: lines
      .filter((line) => changing.test(line))
      .map(pathOf)
      .filter((path) => path !== "/dev/null"),
    network: lines.filter((line) => /AF_INET|\bconnect\(|resolv\.conf|\/etc\/hosts|nsswitch/.test(line)),
  };
}

describe.each(starts)("$how", ({ call }) => {
  // strace makes a process several times slower.
  it.skipIf(!hasStrace)("opens only what it was given, changes nothing and asks for no address", { timeout: 180_000 }, async () => {
    const { code, opened, changed, network } = await traced(call);
    expect(code).toBe(0);
    expect(opened.filter((path) => !ofTheSystem.some((known) => known.test(path)))).toEqual([]);
    expect({ changed, network }).toEqual({ changed: [], network: [] });
  });

  it("leaves the user's folder as it was", async () => {
    expect((await runProcess(call, { HOME: folder, XDG_CACHE_HOME: join(folder, "cache") })).code).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([20_000, 100_000])("works with a command line of %i more bytes", async (bytes) => {
    const more = call === ask ? ["--stop", "x".repeat(bytes)] : ["x".repeat(bytes)];
    expect(await runProcess([...call, ...more], { HOME: folder })).toMatchObject({ code: 0, signal: null });
  });
});

it("whoever had another value in the environment reports nothing either", async () => {
  for (const worker of [true, false])
    expect(await runProcess(programCall({ worker, answers: 1 }), { HOME: folder, ORT_DISABLE_TELEMETRY: "0" })).toMatchObject({ code: 0 });
  expect(await readdir(folder)).toEqual([]);
});

it("answers with 90 examples under long paths", async () => {
  const long = `${"./".repeat(500)}${picture.slice(1)}`;
  const shots = Array.from({ length: 90 }, (_, i) => ["--shot", `/${long}=word ${i}`]).flat();
  const { code, stdout } = await runProcess([...ask.slice(0, 3), ...shots, "--image", picture], { HOME: folder });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\S.*\n$/);
});
