/** A server, or what it writes, killed with SIGKILL at any time: what it kept is there to the last bit, whole or not at all. */
import { fork } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { Flamingo, image } from "../../src/index.ts";
import { ObjectStorage } from "../../src/serve/object-storage.ts";
import { noisePicture, tinyConfig, writeTinyModel } from "../generate/tiny-model.ts";
import { pngUrl, shown } from "../serve/listening.ts";
import { hasObjectStorage, startObjectStorage } from "../serve/object-storage-server.ts";
import { runningServer } from "./running-server.ts";

// Every server is a process of its own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-killed-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
  ["a folder", () => Promise.resolve(join(folder, "sets"))],
  ["a bucket", bucket],
])("servers that share %s", (name, place) => {
  it.skipIf(name === "a bucket" && !hasObjectStorage)("give the same bytes, and when they were killed and are started again", () => sameAfterKill(place));
});

/** In a server of S3's interface. */
async function bucket(): Promise<string> {
  const storage = await startObjectStorage();
  onTestFinished(() => storage.stop());
  for (const [name, value] of Object.entries(storage.environment)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  return "s3://sets/of/ours";
}

async function sameAfterKill(place: () => Promise<string>): Promise<void> {
  const { folder: model } = await writeTinyModel();
  const args = ["--support-folder", await place()];
  const examples = await Promise.all([1, 2].map(async (seed) => ({ image: await pngUrl(seed), text: `the cat ${seed}` })));
  const post = async (url: string, path: string, body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(url + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    expect(response.status).toBeLessThan(300);
    return (await response.json()) as Record<string, unknown>;
  };
  const answersOf = async (url: string, support_set: unknown): Promise<string> => {
    const asked = [{}, { temperature: 1, seed: 7, n: 3 }].map(async (sampling) => {
      const messages = [{ role: "user", content: [shown(await pngUrl(77)), { type: "text", text: "the" }] }];
      const body = { model: "tiny", support_set, messages, max_tokens: 12, logprobs: true, top_logprobs: 5, ...sampling };
      const { choices, usage } = await post(url, "/v1/chat/completions", body);
      return { choices, usage };
    });
    return JSON.stringify(await Promise.all(asked));
  };
  const before = await runningServer(model, ...args);
  const { id, tokens } = await post(before.url, "/v1/support-sets", { model: "tiny", examples });
  const said = await answersOf(before.url, id);
  expect(JSON.parse(said)).toMatchObject([{ usage: { prompt_tokens_details: { cached_tokens: tokens } } }, {}]);
  const beside = await runningServer(model, ...args);
  expect(await answersOf(beside.url, id)).toBe(said);
  for (const each of [before, beside]) {
    each.send("SIGKILL");
    expect((await each.ended).signal).toBe("SIGKILL");
  }
  const after = await runningServer(model, ...args);
  const { data } = (await (await fetch(`${after.url}/v1/support-sets`)).json()) as { data: object[] };
  expect(data).toMatchObject([{ id, tokens, in_memory: false, on_disk: true }]);
  expect(await answersOf(after.url, id)).toBe(said);
  after.send("SIGKILL");
  await after.ended;
  await rm(model, { recursive: true });
}

/** A large one in a file, and the model that reads it. */
async function largeSet(): Promise<{ readonly model: Flamingo; readonly source: string }> {
  // Some 9 MB, which take a while to write.
  const config = { ...tinyConfig, language: { ...tinyConfig.language, width: 256, heads: 8, blocks: 3, maxTokens: 4000 } };
  const { folder: name } = await writeTinyModel(config);
  const model = await Flamingo.load(name, { device: "cpu", worker: false });
  const set = await model.supportSet(Array.from({ length: 10 }, (_, i) => ({ media: image(noisePicture(i)), text: "the cat and the hat ".repeat(16) })));
  const source = join(folder, "source.safetensors");
  await set.save(source);
  await set.dispose();
  onTestFinished(async () => {
    await model.dispose();
    await rm(name, { recursive: true });
  });
  return { model, source };
}

/** Kills writers of that file, each a little later. @param look - called after each; told whether that one was killed while it wrote */
async function killWriters(source: string, sets: string, look: (whileWriting: boolean) => Promise<void>): Promise<void> {
  for (let time = 0; time < 12; time++) {
    const writer = fork(fileURLToPath(new URL("killed-writer.ts", import.meta.url)), [source, sets], {
      execArgv: ["--conditions=flamingo-source", "--disable-warning=ExperimentalWarning"],
    });
    let [said, written]: [unknown, number] = ["", 0];
    await new Promise<void>((resolve) =>
      writer.on("message", (message) => {
        said = message;
        if (message === "wrote") written += 1;
        if (written >= time % 3) resolve();
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 3 + 7 * time));
    const ended = new Promise((resolve) => writer.once("exit", resolve));
    writer.kill("SIGKILL");
    await ended;
    await look(said === "writes");
  }
}

it("a support set is there whole or not at all in a folder, whenever its writer is killed", async () => {
  const { model, source } = await largeSet();
  const sets = join(folder, "written");
  const left = new Set<string>();
  await killWriters(source, sets, async () => {
    for (const file of await readdir(sets)) {
      if (file.endsWith(".tmp")) left.add(file);
      else await (await model.loadSupportSet(join(sets, file))).dispose();
    }
  });
  // Some were killed in the middle of a file.
  expect(left.size).toBeGreaterThan(0);
  expect((await readdir(sets)).filter((file) => file.endsWith(".safetensors")).length).toBeGreaterThan(0);
});

it.skipIf(!hasObjectStorage)("and so it is in a bucket", async () => {
  const { model, source } = await largeSet();
  const sets = await bucket();
  const objects = new ObjectStorage(sets);
  let interrupted = 0;
  await killWriters(source, sets, async (whileWriting) => {
    if (whileWriting) interrupted += 1;
    for (const { name } of await objects.list()) await (await model.loadSupportSet((await objects.read(name))!.bytes)).dispose();
  });
  expect(interrupted).toBeGreaterThan(0);
  expect((await objects.list()).length).toBeGreaterThan(0);
});
