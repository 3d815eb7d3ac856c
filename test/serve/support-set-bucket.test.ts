/** Support sets in a bucket of a real server of S3's interface (SeaweedFS): shared, whole or absent, and what is said when the storage does not do. */
import { createServer, connect as open } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { RuntimeError } from "../../src/runtime/errors.ts";
import { ObjectStorage } from "../../src/serve/object-storage.ts";
import { type Listening, listenHere } from "./listening.ts";
import { hasObjectStorage, type ObjectStorageServer, startObjectStorage } from "./object-storage-server.ts";
import { answer, call, expectNoneOfAnother, ids, make } from "./support-set-calls.ts";

// The machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(!hasObjectStorage)("in a bucket", () => {
  let storage: ObjectStorageServer;
  beforeAll(async () => {
    storage = await startObjectStorage();
  }, 120_000);
  afterAll(() => storage?.stop());
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  /** A server that keeps support sets there. */
  function listenWith(supportFolder: string, settings: object = {}, seed = 5, environment = storage.environment): Promise<Listening> {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    return listenHere({ supportFolder, ...settings }, seed);
  }
  const places = async (prefix: string): Promise<string[]> => (await storage.names(`${prefix}/`)).map((name) => name.slice(prefix.length + 1));

  it("they are there after a restart, to the last bit, and are read from it when memory is full", async () => {
    const before = await listenWith("s3://sets/kept/here");
    const { id, bytes } = (await make(before, 1, 2)).body;
    const other = (await make(before, 3, 4)).body.id;
    const said = [await answer(before, id), await answer(before, other)];
    expect(await places("kept/here")).toEqual([id, other].map((each) => `${each}.safetensors`).toSorted());
    const after = await listenWith("s3://sets/kept/here/", { supportMemory: 1.5 * bytes });
    expect((await ids(after)).toSorted()).toEqual([id, other].toSorted());
    for (let i = 0; i < 2; i++) expect([await answer(after, id), await answer(after, other)]).toEqual(said);
    expect(await make(after, 1, 2)).toMatchObject({ status: 200, body: { id, on_disk: true } });
    await call(after, "DELETE", `/v1/support-sets/${id}`);
    expect(await places("kept/here")).toEqual([`${other}.safetensors`]);
  });

  it("what does not fit makes room, least recently used first; what is not ours stays", async () => {
    const probe = await listenWith("s3://sets/probe");
    await make(probe, 1, 2);
    const size = Number((await storage.ask(`/${(await storage.names("probe/"))[0]}`)).headers.get("content-length"));
    await storage.ask("/small/notes.txt", { method: "PUT", body: "mine" });
    await storage.ask("/small/deeper/ss_00000000000000000000000000000000.safetensors", { method: "PUT", body: "another's" });
    const server = await listenWith("s3://sets/small", { supportDisk: 2.5 * size });
    const made: string[] = [];
    for (const seed of [1, 3, 5]) {
      made.push((await make(server, seed, seed + 1)).body.id);
      // The storage tells time in seconds.
      await new Promise((resolve) => setTimeout(resolve, 1100));
    }
    const kept = made.slice(1).map((id) => `${id}.safetensors`);
    expect(await places("small")).toEqual(["deeper/ss_00000000000000000000000000000000.safetensors", "notes.txt", ...kept].toSorted());
  });

  it("two servers share what each of them makes, and forget what one of them deletes", async () => {
    const [one, two] = [await listenWith("s3://sets/shared"), await listenWith("s3://sets/shared")];
    const [{ body }, again] = await Promise.all([make(one, 1, 2), make(two, 1, 2)]);
    expect(again.body.id).toBe(body.id);
    const other = (await make(two, 3, 4)).body;
    const said = await answer(one, body.id);
    expect(await answer(two, body.id)).toEqual(said);
    expect(await answer(one, other.id)).toEqual(await answer(two, other.id));
    expect((await ids(one)).toSorted()).toEqual((await ids(two)).toSorted());
    // It is found in a conversation, too, once the bucket was looked at again.
    await call(one, "DELETE", `/v1/support-sets/${body.id}`);
    const third = (await make(two, 5, 6)).body;
    await expect.poll(() => answer(one, undefined, [5, 6]), { timeout: 20_000, interval: 500 }).toMatchObject({ cached: third.tokens });
    // It is in the memory of both.
    await expect.poll(() => answer(two, body.id).catch((error: unknown) => error), { timeout: 20_000, interval: 500 }).toMatchObject({ status: 404 });
    expect((await call(two, "GET", `/v1/support-sets/${body.id}`)).status).toBe(404);
    expect(await make(two, 1, 2)).toMatchObject({ status: 201 });
    expect(await answer(one, body.id)).toEqual(said);
  });

  it("one of another model, and a damaged one, are refused by what they are; a damaged one can be made anew", async () => {
    const other = await listenWith("s3://sets/mixed", {}, 6);
    const { server } = await expectNoneOfAnother(other, () => listenWith("s3://sets/mixed"));
    const mine = (await make(server, 1)).body.id;
    const said = await answer(server, mine);
    const whole = new Uint8Array(await (await storage.ask(`/mixed/${mine}.safetensors`)).arrayBuffer());
    for (const damaged of [whole.with(whole.length - 5, whole.at(-5)! ^ 1), whole.subarray(0, 2000), new Uint8Array()]) {
      await storage.ask(`/mixed/${mine}.safetensors`, { method: "PUT", body: damaged });
      const fresh = await listenWith("s3://sets/mixed");
      await expect(answer(fresh, mine)).rejects.toMatchObject({
        status: 400,
        param: "support_set",
        message: expect.stringMatching(/the support set/) as string,
      });
      expect(await make(fresh, 1)).toMatchObject({ status: 201, body: { id: mine, on_disk: true } });
      expect(await answer(fresh, mine)).toEqual(said);
      expect(new Uint8Array(await (await storage.ask(`/mixed/${mine}.safetensors`)).arrayBuffer()).length).toBe(whole.length);
    }
  });

  it("whoever may only read uses what is there, and keeps its own in memory", async () => {
    const writer = await listenWith("s3://sets/read");
    const { id } = (await make(writer, 1, 2)).body;
    const reader = await listenWith("s3://sets/read", {}, 5, storage.reader);
    expect(await answer(reader, id)).toEqual(await answer(writer, id));
    const own = await make(reader, 3, 4);
    expect(own).toMatchObject({ status: 201, body: { in_memory: true, on_disk: false } });
    expect(await answer(reader, own.body.id)).toMatchObject({ cached: own.body.tokens });
    expect(await places("read")).toEqual([`${id}.safetensors`]);
    expect(await call(reader, "DELETE", `/v1/support-sets/${id}`)).toMatchObject({ status: 503, body: { error: { code: "support_sets_unavailable" } } });
  });

  describe("a server does not start, and says why,", () => {
    it.each([
      [
        "without a key",
        { AWS_ACCESS_KEY_ID: "" },
        "s3://sets/x",
        /^s3:\/\/sets\/x: there is no key to ask for it with; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/,
      ],
      [
        "with a key that nobody has",
        { AWS_ACCESS_KEY_ID: "nobody" },
        "s3://sets/x",
        /does not take the key nobody \(InvalidAccessKeyId\); check AWS_ACCESS_KEY_ID/,
      ],
      [
        "with a wrong signature",
        { AWS_SECRET_ACCESS_KEY: "guess" },
        "s3://sets/x",
        /does not take the key writer \(SignatureDoesNotMatch\); check AWS_ACCESS_KEY_ID/,
      ],
      [
        "without a right",
        { AWS_ACCESS_KEY_ID: "reader", AWS_SECRET_ACCESS_KEY: "reader-secret" },
        "s3://others/x",
        /does not let the key reader list objects \(AccessDenied\); give it that right/,
      ],
      ["without the bucket", {}, "s3://nothing/x", /has no bucket nothing; make it, or check its name/],
      [
        "where nothing listens",
        { AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
        "s3://sets/x",
        /http:\/\/127\.0\.0\.1:9 cannot be reached \(.+\); check AWS_ENDPOINT_URL/,
      ],
      ["where the endpoint is none", { AWS_ENDPOINT_URL: "storage" }, "s3://sets/x", /^AWS_ENDPOINT_URL is storage; it must be an address/],
      ["where the address is none", {}, "s3:/sets", /^s3:\/sets is no place in a bucket; give one such as s3:\/\/bucket\/prefix$/],
    ] as const)("%s", async (_, environment, place, said) => {
      const failure = await listenWith(place, {}, 5, { ...storage.environment, ...environment }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RuntimeError);
      expect((failure as Error).message).toMatch(said);
    });
  });

  describe("objects", () => {
    const noise = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 2_654_435_761) >>> 24);

    /** Between us and the storage: it cuts a connection when so many bytes have gone through it, as its number says. */
    async function cutting(
      after: (connection: number) => number,
    ): Promise<{ readonly environment: Record<string, string>; readonly connections: () => number }> {
      let connections = 0;
      const server = createServer((ours) => {
        const theirs = open(Number(new URL(storage.environment["AWS_ENDPOINT_URL"]!).port), "127.0.0.1");
        let left = after(connections++);
        const pass = (bytes: Buffer, to: typeof theirs): void => {
          to.write(bytes.subarray(0, Math.max(0, left)));
          left -= bytes.length;
          if (left > 0) return;
          ours.destroy();
          theirs.destroy();
        };
        ours.on("data", (bytes: Buffer) => pass(bytes, theirs)).on("error", () => theirs.destroy());
        theirs.on("data", (bytes: Buffer) => pass(bytes, ours)).on("error", () => ours.destroy());
        ours.on("close", () => theirs.destroy());
        theirs.on("close", () => ours.destroy());
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      const { port } = server.address() as { port: number };
      return { environment: { ...storage.environment, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }, connections: () => connections };
    }

    it("come back as they were, under any prefix, and are listed with their sizes", async () => {
      for (const prefix of ["", "/plain", "/a b/ü+&=%/c"]) {
        const objects = new ObjectStorage(`s3://sets${prefix}`, storage.environment);
        const bytes = noise(70_000);
        const before = Date.now();
        await objects.write("x.bin", bytes);
        const found = (await objects.read("x.bin"))!;
        expect(Buffer.compare(found.bytes, bytes)).toBe(0);
        expect(found.created).toBeGreaterThanOrEqual(before);
        expect(await objects.read("x.bin", [3, 9])).toEqual({ bytes: bytes.subarray(3, 10), created: found.created });
        expect((await objects.list()).filter(({ name }) => name === "x.bin")).toEqual([{ name: "x.bin", bytes: 70_000, written: expect.any(Number) }]);
        // Written anew it is the same, of the same age, and newer in the list.
        const { written } = (await objects.list()).find(({ name }) => name === "x.bin")!;
        await new Promise((resolve) => setTimeout(resolve, 1100));
        await objects.renew("x.bin");
        expect(await objects.read("x.bin")).toEqual(found);
        expect((await objects.list()).find(({ name }) => name === "x.bin")!.written).toBeGreaterThan(written);
        expect(await objects.has("x.bin")).toBe(true);
        await objects.remove("x.bin");
        expect(await objects.has("x.bin")).toBe(false);
        expect(await objects.read("x.bin")).toBeUndefined();
      }
    });

    it("are listed all, beyond what an answer holds", async () => {
      const names = Array.from({ length: 1005 }, (_, i) => `${i}`);
      for (let at = 0; at < names.length; at += 25)
        await Promise.all(names.slice(at, at + 25).map((name) => storage.ask(`/many/${name}`, { method: "PUT", body: name })));
      const listed = await new ObjectStorage("s3://sets/many", storage.environment).list();
      expect(listed.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    });

    it("are asked for again where the connection is cut, and come whole", async () => {
      const bytes = noise(300_000);
      await new ObjectStorage("s3://sets/cut", storage.environment).write("x", bytes);
      const proxy = await cutting((connection) => (connection < 2 ? 100_000 : Number.POSITIVE_INFINITY));
      const objects = new ObjectStorage("s3://sets/cut", proxy.environment);
      expect(Buffer.compare((await objects.read("x"))!.bytes, bytes)).toBe(0);
      expect(proxy.connections()).toBe(3);
    });

    it("whose writing breaks off leave nothing, and are said not to be written", async () => {
      const bytes = noise(300_000);
      const proxy = await cutting(() => 100_000);
      await expect(new ObjectStorage("s3://sets/broken", proxy.environment).write("x", bytes)).rejects.toThrow(/cannot be reached/);
      expect(proxy.connections()).toBe(4);
      expect(await storage.names("broken/")).toEqual([]);
      // The same where they replace something: what was there stays.
      const direct = new ObjectStorage("s3://sets/broken", storage.environment);
      await direct.write("x", bytes);
      await expect(new ObjectStorage("s3://sets/broken", proxy.environment).write("x", noise(400_000))).rejects.toThrow(/cannot be reached/);
      expect(Buffer.compare((await direct.read("x"))!.bytes, bytes)).toBe(0);
    });
  });

  // The last one, since nothing is there after it.
  it("that is gone does not keep a server from answering what it can", async () => {
    const server = await listenWith("s3://sets/gone");
    const { id, tokens } = (await make(server, 1, 2)).body;
    const said = await answer(server, id);
    await storage.stop();
    expect(await answer(server, id)).toEqual(said);
    expect(await answer(server, undefined, [1, 2])).toEqual(said);
    expect(await answer(server, undefined, [7, 8])).toMatchObject({ cached: 0 });
    const unknown = await call<{ error: object }>(server, "GET", "/v1/support-sets/ss_00000000000000000000000000000000");
    expect(unknown).toMatchObject({ status: 503, body: { error: { code: "support_sets_unavailable" } } });
    await expect(answer(server, "ss_00000000000000000000000000000000")).rejects.toMatchObject({ status: 503, code: "support_sets_unavailable" });
    const own = await make(server, 3, 4);
    expect(own).toMatchObject({ status: 201, body: { in_memory: true } });
    expect(await answer(server, own.body.id)).toMatchObject({ cached: tokens });
  });
});
