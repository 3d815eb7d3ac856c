import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { blobs, hubWith, model, refused, someBytes, weights } from "./hub-fixture.ts";
import { gitHash, type LoopbackFile, sha256 } from "./loopback-hub.ts";

it("goes on from where a connection was cut, in the same call", async () => {
  const { hub, pullModel, events } = await hubWith();
  hub.faults.set("model.safetensors", [
    { kind: "cut", after: 1_200_000 },
    { kind: "cut", after: 700_000 },
  ]);
  const { folder, downloaded } = await pullModel({ include: ["*.safetensors"] });
  const served = hub.seen.filter(({ server }) => server === "cdn");
  const [, second, third] = served.map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1]));
  // What was under way when the connection broke may be lost, and no more.
  expect(second).toBeGreaterThan(500_000);
  expect(second).toBeLessThanOrEqual(1_200_000);
  expect(third).toBeGreaterThan(second!);
  expect(third).toBeLessThanOrEqual(second! + 700_000);
  expect(served).toHaveLength(3);
  expect(downloaded).toBe(weights.length);
  expect(served.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(1_200_000 + 700_000 + weights.length - third!);
  expect(events.filter(({ type }) => type === "notice")).toHaveLength(2);
  expect(Buffer.compare(await readFile(join(folder, "model.safetensors")), weights)).toBe(0);
});

it("goes on in a second call, from what the first one left", async () => {
  const { hub, folder, pullModel } = await hubWith();
  hub.faults.set("model.safetensors", [{ kind: "cut", after: 1_000_000 }]);
  await expect(pullModel({ retries: 0 })).rejects.toEqual(
    refused(/^org\/model: model\.safetensors: the connection to http:\S+ failed \(.+\) and did so again; .*goes on where it stopped$/),
  );
  const rest = (await readFile(join(folder, "blobs", `${sha256(weights)}.incomplete`))).length;
  expect(rest).toBeGreaterThan(300_000);
  expect(existsSync(join(folder, "refs", "main"))).toBe(false);
  hub.seen.length = 0;
  expect((await pullModel()).downloaded).toBe(weights.length - rest);
  expect(hub.seen.filter(({ server }) => server === "cdn")).toMatchObject([{ range: `bytes=${rest}-`, status: 206, bytes: weights.length - rest }]);
  expect(await blobs(folder)).not.toContain(`${sha256(weights)}.incomplete`);
});

it("goes on after an abort, and gives the reason of the abort", async () => {
  const { hub, folder, pullModel } = await hubWith();
  hub.speed = 5_000_000;
  const stop = new AbortController();
  const reason = new Error("enough");
  const stopAt = (bytes: number): void => (bytes > 1_000_000 ? stop.abort(reason) : undefined);
  await expect(pullModel({ signal: stop.signal, onEvent: (event) => event.type === "progress" && stopAt(event.bytes) })).rejects.toBe(reason);
  const rest = (await readFile(join(folder, "blobs", `${sha256(weights)}.incomplete`))).length;
  hub.speed = undefined;
  hub.seen.length = 0;
  await pullModel();
  expect(hub.seen.find(({ server }) => server === "cdn")?.range).toBe(`bytes=${rest}-`);
  // Nobody is left who claims a file.
  expect((await readdir(join(folder, "..", ".locks"), { recursive: true })).filter((name) => name.endsWith(".flamingo"))).toEqual([]);
});

it("takes a whole file, or another part, for what it is when it asked for the rest", async () => {
  for (const kind of ["ignore-range", "wrong-range"] as const) {
    const { hub, pullModel } = await hubWith();
    hub.faults.set("model.safetensors", [{ kind: "cut", after: 1_000_000 }, { kind }]);
    const { folder } = await pullModel();
    expect(Buffer.compare(await readFile(join(folder, "model.safetensors")), weights)).toBe(0);
  }
});

it("counts a connection on which nothing comes as cut", async () => {
  const { hub, pullModel } = await hubWith();
  hub.faults.set("model.safetensors", [{ kind: "stall", after: 1_000_000 }]);
  await pullModel({ retries: 9, environment: { HF_HUB_DOWNLOAD_TIMEOUT: "1" } });
  // On a very busy machine it may happen more than once.
  const [first, second] = hub.seen.filter(({ server }) => server === "cdn").map(({ range }) => range);
  expect(first).toBeUndefined();
  expect(second).toMatch(/^bytes=[1-9]\d*-$/);
});

it("refuses content with another hash, large or small, longer or shorter, and keeps what was good", async () => {
  const large: LoopbackFile = { name: "other.safetensors", content: someBytes(5000, 2), large: true };
  const { hub, folder, pullModel } = await hubWith({ ...model, files: [...model.files, large] });
  await pullModel({ include: ["model.safetensors"] });
  const wrong = someBytes(5000, 3);
  hub.faults.set("other.safetensors", [{ kind: "content", content: wrong }]);
  const message = `^org/model: other\\.safetensors arrived with the sha256 ${sha256(wrong)}, expected was ${sha256(large.content)}; .*untouched.*same command again`;
  await expect(pullModel()).rejects.toEqual(refused(new RegExp(message)));
  hub.faults.set("other.safetensors", [{ kind: "content", content: someBytes(5001, 2) }]);
  await expect(pullModel()).rejects.toEqual(refused(/other\.safetensors is longer than the 5000 bytes that were expected/));
  hub.faults.set("config.json", [{ kind: "content", content: new TextEncoder().encode("[]\n") }]);
  await rm(join(folder, "blobs", gitHash(model.files[1]!.content)));
  await expect(pullModel({ include: ["config.json"] })).rejects.toEqual(refused(/config\.json arrived with the git hash/));
  expect(await blobs(folder)).toEqual([gitHash(model.files[0]!.content), sha256(weights)].sort());
  // Short is a connection that ended early: it is asked for the rest, and the next answer is right.
  hub.faults.set("other.safetensors", [{ kind: "content", content: large.content.subarray(0, 4000) }]);
  hub.seen.length = 0;
  await pullModel();
  expect(hub.seen.filter(({ server }) => server === "cdn").map(({ range }) => range)).toEqual([undefined, "bytes=4000-"]);
});

it("downloads anew what an earlier attempt left damaged, or longer than the file", async () => {
  for (const rest of [someBytes(1_000_000, 9), new Uint8Array(weights.length), new Uint8Array(weights.length + 1)]) {
    const { folder, pullModel } = await hubWith();
    const path = join(folder, "blobs", `${sha256(weights)}.incomplete`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, rest);
    const pulled = await pullModel();
    expect(Buffer.compare(await readFile(join(pulled.folder, "model.safetensors")), weights)).toBe(0);
  }
});

it("replaces a blob that was truncated, and a link that leads nowhere", async () => {
  const { folder, pullModel } = await hubWith();
  await pullModel();
  await writeFile(join(folder, "blobs", sha256(weights)), weights.subarray(0, 100));
  await rm(join(folder, "blobs", gitHash(model.files[1]!.content)));
  expect((await pullModel()).downloaded).toBe(weights.length + 3);
  expect((await readFile(join(folder, "blobs", sha256(weights)))).length).toBe(weights.length);
});

it("two pulls at once download a file once", async () => {
  const { hub, pullModel } = await hubWith();
  hub.speed = 6_000_000;
  const [first, second] = await Promise.all([pullModel(), pullModel()]);
  expect(first.downloaded + second.downloaded).toBe(first.bytes);
  expect(hub.seen.filter(({ server }) => server === "cdn")).toHaveLength(1);
});

it("tries again when the hub is out of order, a few times", async () => {
  const { hub, pullModel } = await hubWith();
  const broken = { kind: "status", status: 503 } as const;
  hub.faults.set("/api/models/org/model/revision", [broken, { kind: "status", status: 429 }]);
  hub.faults.set("model.safetensors", [
    { kind: "status", status: 500 },
    { kind: "status", status: 403 },
  ]);
  await pullModel();
  expect(hub.seen.filter(({ path }) => path.includes("/revision/")).map(({ status }) => status)).toEqual([503, 429, 200]);
  // The CDN's refusal concerns its signed address, so the hub is asked for another.
  expect(hub.seen.filter(({ server }) => server === "cdn").map(({ status }) => status)).toEqual([500, 403, 200]);
  hub.faults.set("/api/models/org/model/revision", [broken, broken, broken]);
  await expect((await hubWith()).pullModel({ environment: { HF_ENDPOINT: hub.endpoint } })).rejects.toEqual(
    refused(/^org\/model: http:\S+ is out of order \(503\).*later/),
  );
});
