/** The programs in examples/ do what they say, copied into a project that has installed the package. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, inject, test } from "vitest";
import { launchChromium } from "./asked-page.ts";
import { startServer } from "./static-server.ts";
import { viteBuild } from "./vite.ts";

const { folder } = inject("consumer");
const examples = join(folder, "examples");
const drawing = (name: string): string => join(folder, `node_modules/flamingo-vlm/models/nano/drawings/${name}.webp`);

beforeAll(async () => {
  await cp(join(folder, "node_modules/flamingo-vlm/examples"), examples, { recursive: true });
  // What a reader installs besides.
  await symlink(dirname(fileURLToPath(import.meta.resolve("ai/package.json"))), join(folder, "node_modules/ai"));
  for (const [place, name] of [
    ["kinds/a dax", "noto/turtle"],
    ["kinds/a blick", "noto/crown"],
    ["kinds/a blick", "twemoji/crown"],
    ["pictures", "twemoji/turtle"],
    ["pictures", "emojione/crown"],
  ] as const) {
    await mkdir(join(folder, place), { recursive: true });
    await cp(drawing(name), join(folder, place, `${name.replace("/", "-")}.webp`));
  }
});

/** What a program that ends prints, and with which words. */
const programs: Readonly<Record<string, { readonly args?: readonly string[]; readonly says: RegExp }>> = {
  "ai-sdk.ts": { says: /^a dax {3}\(12 tokens read\)\na dax {3}\(\d+ tokens were read before\)\n$/ },
  "classify-folder.ts": { args: ["kinds", "pictures"], says: /^emojione-crown\.webp\ta blick\t\d\.\d\d\ntwemoji-turtle\.webp\ta dax\t\d\.\d\d\n$/ },
  "few-shot.ts": { says: /^twemoji\/turtle: a dax .*\nemojione\/crown: a blick .*\n$/ },
  "many-questions.ts": { says: /^twemoji\/turtle: a dax\ntwemoji\/crown: a blick\nemojione\/crown: a blick\n$/ },
  "streaming.ts": { args: [drawing("noto/turtle")], says: /^ ?\S.*\n$/ },
};

test("each of them is tried here", async () => {
  expect((await readdir(examples)).toSorted()).toEqual([...Object.keys(programs), "http-server.ts", "page"].toSorted());
});

test.each(Object.entries(programs))("%s", (name, { args = [], says }) => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(examples, name), ...args], { cwd: folder, encoding: "utf8" });
  expect([stdout, stderr]).toEqual([expect.stringMatching(says), ""]);
});

test("http-server.ts", async () => {
  const server = spawn(process.execPath, [join(examples, "http-server.ts")], {
    cwd: folder,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve) => server.on("exit", resolve));
  try {
    const address = await firstLine(server);
    const ask = async (body: BodyInit): Promise<unknown> => (await fetch(address, { method: "POST", body })).json();
    const pictures = await Promise.all(["twemoji/turtle", "emojione/crown"].map((name) => readFile(drawing(name))));
    expect(await Promise.all(pictures.map(ask))).toEqual([{ name: "a dax" }, { name: "a blick" }]);
    expect(await ask("no picture")).toEqual({ error: expect.stringMatching(/picture/) });
  } finally {
    server.kill("SIGTERM");
  }
  expect(await ended).toBe(0);
});

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout!.once("data", (bytes: Buffer) => resolve(bytes.toString().trim()));
    child.once("exit", (code) => reject(new Error(`it ended with exit code ${code}`)));
  });
}

test("page", async () => {
  const root = join(examples, "page");
  viteBuild(root);
  const server = await startServer(join(root, "dist"));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(server.address);
    for (const [id, name] of [
      ["first", "noto/turtle"],
      ["second", "noto/crown"],
      ["question", "twemoji/turtle"],
    ] as const)
      await page.locator(`#${id}`).setInputFiles(drawing(name));
    await page.getByText(/^a dax$/).waitFor({ timeout: 60_000 });
  } finally {
    await browser.close();
    server.close();
  }
});
