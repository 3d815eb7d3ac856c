import { existsSync } from "node:fs";
import { readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import python from "../fixtures/checkpoint/hub-layout.json" with { type: "json" };
import { blobs, hubWith, model, modelCommit, refused, weights } from "./hub-fixture.ts";
import { layoutName, layoutRepository, listing } from "./hub-layout.ts";
import { gitHash, type LoopbackFile, sha256 } from "./loopback-hub.ts";

it("pulls a repository: contents, links, progress; and nothing a second time", async () => {
  const { hub, folder, pullModel, events } = await hubWith();
  const pulled = await pullModel();
  const total = weights.length + 9 + 3;
  expect(pulled).toEqual({
    repository: "org/model",
    revision: "main",
    commit: modelCommit,
    folder: join(folder, "snapshots", modelCommit),
    files: [
      { name: "README.md", bytes: 9 },
      { name: "config.json", bytes: 3 },
      { name: "model.safetensors", bytes: weights.length, sha256: sha256(weights) },
    ],
    bytes: total,
    downloaded: total,
  });
  for (const { name, content } of model.files) expect(Buffer.compare(await readFile(join(pulled.folder, name)), content)).toBe(0);
  expect(await readlink(join(pulled.folder, "model.safetensors"))).toBe(`../../blobs/${sha256(weights)}`);
  expect(await readFile(join(folder, "refs", "main"), "utf8")).toBe(modelCommit);
  expect(await blobs(folder)).toEqual([...model.files.map(({ content, large }) => (large === true ? sha256(content) : gitHash(content)))].sort());

  expect(events[0]).toEqual({ type: "start", commit: modelCommit, files: 3, total });
  const progress = events.filter((event) => event.type === "progress");
  expect(progress.length).toBeGreaterThan(8);
  expect(progress.map(({ bytes }) => bytes)).toEqual(progress.map(({ bytes }) => bytes).sort((a, b) => a - b));
  expect(progress.at(-1)).toEqual({
    type: "progress",
    file: "model.safetensors",
    fileBytes: weights.length,
    fileTotal: weights.length,
    bytes: total,
    total,
    filesDone: 3,
    files: 3,
  });
  expect(hub.seen.filter(({ server }) => server === "cdn")).toHaveLength(1);

  hub.seen.length = 0;
  expect(await pullModel()).toEqual({ ...pulled, downloaded: 0 });
  expect(hub.seen.map(({ path }) => path)).toEqual(["/api/models/org/model/revision/main"]);
  // A tag of the same commit is known by one question, and the commit itself by none.
  expect((await pullModel({ revision: "v1.0" })).downloaded).toBe(0);
  hub.seen.length = 0;
  expect((await pullModel({ revision: modelCommit })).downloaded).toBe(0);
  expect(hub.seen).toEqual([]);
});

it("makes the layout that Python's huggingface_hub makes", async () => {
  const { hub, cache, pullModel } = await hubWith();
  hub.repositories.set(layoutName, layoutRepository);
  await pullModel({ repository: layoutName });
  await pullModel({ repository: layoutName, revision: "refs/pr/7" });
  expect(await listing(join(cache, "models--flamingo-tests--layout"))).toEqual(python.listing);
});

it("reads a list of many pages", async () => {
  const { hub, pullModel } = await hubWith();
  hub.page = 2;
  expect((await pullModel()).files).toHaveLength(3);
  expect(hub.seen.filter(({ path }) => path.includes("/tree/"))).toHaveLength(2);
});

it("pulls only what is chosen, by name or pattern, and the rest later", async () => {
  const { hub, folder, pullModel } = await hubWith();
  expect((await pullModel({ include: ["*.json", "README.md"] })).files.map(({ name }) => name)).toEqual(["README.md", "config.json"]);
  expect(await readdir(join(folder, "snapshots", modelCommit))).toEqual(["README.md", "config.json"]);
  await expect(pullModel({ include: ["*.json", "*.pt"] })).rejects.toThrow(
    /org\/model has no file that matches "\*\.pt"; it has README\.md, config\.json, model\.safetensors/,
  );
  expect(hub.seen.some(({ server }) => server === "cdn")).toBe(false);
  expect((await pullModel()).downloaded).toBe(weights.length);
});

it("shares one content between commits and names", async () => {
  const { hub, pullModel } = await hubWith();
  await pullModel();
  hub.repositories.set("org/model", {
    ...model,
    commit: "f".repeat(40),
    files: [...model.files, { name: "again/model.safetensors", content: weights, large: true }],
  });
  const { folder, downloaded } = await pullModel();
  expect(downloaded).toBe(0);
  expect(await readlink(join(folder, "again", "model.safetensors"))).toBe(`../../../blobs/${sha256(weights)}`);
});

it("says why access is refused, never with the token in it", async () => {
  const secret = "hf_secretsecret";
  const private_ = await hubWith({ ...model, token: secret });
  await expect(private_.pullModel()).rejects.toEqual(
    refused(/^org\/model: the hub asks who you are \(401\).*private or gated.*licence on http:\S+\/org\/model and set HF_TOKEN/),
  );
  const wrong = await private_.pullModel({ environment: { HF_TOKEN: "hf_wrong" } }).catch((error: unknown) => error);
  expect(wrong).toEqual(refused(/^org\/model: the hub does not accept the token \(401\); make a new one.*Invalid credentials/));
  const gated = await hubWith({ ...model, token: secret, gated: true });
  await expect(gated.pullModel()).rejects.toEqual(refused(/^org\/model: README\.md: access is refused \(401\); accept the licence on .* set HF_TOKEN/));
  const other = await gated.pullModel({ environment: { HF_TOKEN: "hf_wrong" } }).catch((error: unknown) => error);
  expect(other).toEqual(
    refused(/access is refused \(403\); accept the licence on .* check that the token .*; the hub says: Access to org\/model is restricted/),
  );
  // A server that repeats the token does not make us print it, nor does a token that no header can carry.
  gated.hub.faults.set("/api/", [{ kind: "status", status: 418, headers: { "x-error-message": `no tea for ${secret}` } }]);
  const echoed = await gated.pullModel({ environment: { HF_TOKEN: secret } }).catch((error: unknown) => error);
  expect(echoed).toEqual(refused(/418.*no tea for …/));
  const broken = await gated.pullModel({ environment: { HF_TOKEN: `${secret}\u00e9x` } }).catch((error: unknown) => error);
  expect(broken).toEqual(refused(/characters that no token has/));
  for (const error of [wrong, other, echoed, broken] as Error[]) expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toMatch(/hf_/);
});

it("sends the token to the hub and to nobody else", async () => {
  const { hub, pullModel } = await hubWith({ ...model, token: "any-token" });
  await pullModel({ environment: { HF_TOKEN: " any-token\n" } });
  const by = (server: string): readonly (string | undefined)[] =>
    hub.seen.filter((request) => request.server === server).map(({ authorization }) => authorization);
  expect(new Set(by("hub"))).toEqual(new Set(["Bearer any-token"]));
  expect(by("cdn")).toEqual([undefined]);
  // Not even when the list of files goes on elsewhere.
  const other = await hubWith();
  hub.repositories.set("org/model", { ...model, commit: "e".repeat(40), token: "any-token" });
  hub.next = `${other.hub.endpoint}/api/models/org/model/tree/main`;
  await pullModel({ environment: { HF_TOKEN: "any-token" } });
  expect(other.hub.seen).toMatchObject([{ path: "/api/models/org/model/tree/main", authorization: undefined, status: 200 }]);
});

it("says what does not exist: repository, revision, file", async () => {
  const { hub, pullModel } = await hubWith();
  await expect(pullModel({ repository: "org/other", environment: { HF_TOKEN: "hf_x" } })).rejects.toEqual(
    refused(/^there is no repository org\/other on http/),
  );
  await expect(pullModel({ repository: "org/other" })).rejects.toEqual(refused(/^org\/other: .*does not exist under this name/));
  await expect(pullModel({ revision: "v2" })).rejects.toEqual(refused(/^org\/model has no revision "v2"; see the branches/));
  await expect(pullModel({ include: ["model.pt"] })).rejects.toEqual(refused(/has no file that matches "model\.pt"/));
  // Listed, and yet not there.
  await pullModel({ include: ["config.json"] });
  hub.repositories.set("org/model", { ...model, files: model.files.slice(0, 2) });
  await expect(pullModel()).rejects.toEqual(refused(/^org\/model has no file model\.safetensors at revision 89abcdef/));
});

it("offline, finds what is in the cache and asks nobody", async () => {
  const { hub, folder, pullModel } = await hubWith();
  const offline = { HF_HUB_OFFLINE: "yes" };
  await expect(pullModel({ environment: offline })).rejects.toEqual(
    refused(/^HF_HUB_OFFLINE is set, and org\/model at revision main is not in .*models--org--model; unset HF_HUB_OFFLINE/),
  );
  await pullModel({ include: ["*.json"] });
  hub.seen.length = 0;
  expect((await pullModel({ environment: offline, include: ["config.json"] })).files).toEqual([{ name: "config.json", bytes: 3 }]);
  await expect(pullModel({ environment: offline })).rejects.toEqual(refused(/org\/model at revision main is not whole: README\.md, model\.safetensors not in/));
  // Older tools keep no list of a commit's files.
  await rm(join(folder, "trees"), { recursive: true });
  expect((await pullModel({ environment: offline })).files.map(({ name }) => name)).toEqual(["config.json"]);
  expect(hub.seen).toEqual([]);
});

it("uses what is in the cache when the hub cannot be reached, and says so", async () => {
  const { hub, pullModel, events } = await hubWith();
  const pulled = await pullModel();
  await hub.close();
  expect(await pullModel({ retries: 0 })).toEqual({ ...pulled, downloaded: 0 });
  expect(events).toEqual([{ type: "notice", text: expect.stringMatching(/ECONNREFUSED.*Using what is in the cache: commit 89ab/) as string }]);
  await expect(pullModel({ repository: "org/other", retries: 0 })).rejects.toEqual(refused(/^org\/other: the connection to http:\S+ failed \(ECONNREFUSED\)/));
});

it("refuses files that a hostile hub would place elsewhere, before anything is written", async () => {
  const names = [
    "../../../evil",
    "a/../../evil",
    "/tmp/evil",
    "a\\..\\..\\evil",
    "C:/evil",
    "a/C:evil",
    "nul\u0000",
    "line\nbreak",
    "./evil",
    "a//b",
    "",
    "x".repeat(256),
  ];
  for (const name of names) {
    const { cache, pullModel } = await hubWith({ ...model, files: [...model.files, { name, content: weights }] });
    await expect(pullModel()).rejects.toEqual(refused(/^org\/model: the hub lists a file named .* nothing was written/s));
    expect(existsSync(cache)).toBe(false);
  }
});

it("refuses hashes that are paths, sizes that are none, commits that are none", async () => {
  const evil: readonly LoopbackFile["claims"][] = [{ oid: "../../evil" }, { oid: "A".repeat(64) }, { size: -1 }, { size: 1.5 }, { size: 2 ** 60 }];
  for (const claims of evil) {
    const { cache, pullModel } = await hubWith({ ...model, files: [{ name: "model.safetensors", content: weights, large: true, claims: claims! }] });
    await expect(pullModel()).rejects.toEqual(refused(/^org\/model: the answer of http:\S+ cannot be understood; if HF_ENDPOINT is set/));
    expect(existsSync(cache)).toBe(false);
  }
  const { pullModel } = await hubWith({ ...model, commit: "../../evil" });
  await expect(pullModel()).rejects.toEqual(refused(/does not say which commit "main" is/));
});

it("refuses answers that are no answers, and a list that does not end", async () => {
  const { hub, pullModel } = await hubWith();
  const page = { kind: "content", content: new TextEncoder().encode("<html>Sign in to this network</html>") } as const;
  for (const [path, says] of [
    ["revision", /cannot be understood/],
    ["tree", /cannot be understood/],
  ] as const) {
    hub.faults.set(`/api/models/org/model/${path}`, [page]);
    await expect(pullModel()).rejects.toEqual(refused(says));
  }
  hub.faults.set("/api/models/org/model/tree", [{ kind: "status", status: 200 }]);
  await expect(pullModel()).rejects.toEqual(refused(/cannot be understood/));
  hub.next = `${hub.endpoint}/api/models/org/model/tree/${modelCommit}?again=1`;
  await expect(pullModel()).rejects.toEqual(refused(/list of files does not end/));
});

it("says before it begins when the disk has not so much room", async () => {
  const huge = { name: "model.safetensors", content: weights, large: true, claims: { size: 2 ** 52 } };
  const { hub, pullModel } = await hubWith({ ...model, files: [huge] });
  await expect(pullModel()).rejects.toEqual(
    refused(/^not enough room in .*models--org--model: 4,503,599,627\.4 MB are needed and .* are free; make room or set HF_HUB_CACHE/),
  );
  expect(hub.seen.some(({ path }) => path.includes("/resolve/"))).toBe(false);
});

it("says when the cache cannot be written", async () => {
  const { cache, pullModel } = await hubWith();
  await writeFile(cache, "a file");
  await expect(pullModel()).rejects.toEqual(refused(/^cannot use .*\/hub: something else has that name; move it away or set HF_HUB_CACHE/));
});

it("refuses names and revisions that cannot be", async () => {
  const { hub, pullModel } = await hubWith();
  for (const repository of ["", "a/b/c", "../x", "a--b", "a..b", "-a/b", "a/b.git", "a b", "org/\u001b[31m"])
    await expect(pullModel({ repository })).rejects.toEqual(refused(/cannot be a repository/));
  for (const revision of ["", "..", "a/../../b", "/etc", "a\\b"]) await expect(pullModel({ revision })).rejects.toEqual(refused(/cannot be a revision/));
  expect(hub.seen).toEqual([]);
});
