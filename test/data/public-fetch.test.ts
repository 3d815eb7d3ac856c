/** What somebody else named is fetched from the public Internet alone. Names are given by the test; 127.0.0.1 stands for a public address where it says so. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isPublicAddress } from "../../src/data/platform/node-public-address.ts";
import { type PublicFetchOptions, publicFetch } from "../../src/data/platform/node-public-fetch.ts";

describe("an address is public", () => {
  it.each([
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
  ])("%s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe("an address is not", () => {
  it.each([
    ...[
      "127.0.0.1",
      "127.255.255.254",
      "0.0.0.0",
      "10.1.2.3",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "169.254.169.254",
      "100.64.0.1",
      "100.100.100.200",
    ],
    ...["168.63.129.16", "192.0.0.192", "198.18.0.1", "203.0.113.7", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1"],
    ...[
      "::",
      "::1",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "::ffff:8.8.8.8",
      "::127.0.0.1",
      "64:ff9b::7f00:1",
      "64:ff9b:1::1",
      "fe80::1",
      "fe80::1%eth0",
      "fc00::1",
      "fd00:ec2::254",
    ],
    ...["ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::1", "100::1", "5f00::1", "localhost", "", "127.1", "0x7f000001"],
  ])("%s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe("a fetch", () => {
  let server: Server;
  let port: number;
  let asked: string[];
  const body = Buffer.alloc(1000, "x");
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.headers.host}${request.url}`);
      const to = /^\/to\/(.*)$/.exec(request.url!)?.[1];
      if (to !== undefined) return response.writeHead(302, { location: decodeURIComponent(to) }).end();
      if (request.url === "/loop") return response.writeHead(302, { location: "/loop" }).end();
      if (request.url === "/silent") return;
      if (request.url === "/slow") return response.write("x");
      if (request.url === "/torn") return response.writeHead(200, { "content-length": 100 }).write("x", () => response.destroy());
      if (request.url === "/endless") return void setInterval(() => response.write(body), 1).unref();
      if (request.url === "/bomb") return response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(5_000_000)));
      if (request.url === "/zipped") return response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(body));
      if (request.url === "/none") return response.writeHead(404).end("no");
      return response.writeHead(200, { "content-type": "image/png" }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    asked = [];
  });

  const names: Readonly<Record<string, readonly string[]>> = {
    "pictures.test": ["127.0.0.1"],
    "inside.test": ["10.0.0.1"],
    "both.test": ["127.0.0.1", "10.0.0.1"],
    "mapped.test": ["::ffff:169.254.169.254"],
    "nowhere.test": [],
  };
  const options = (more: Partial<PublicFetchOptions> = {}): PublicFetchOptions => ({
    seconds: 2,
    allowance: { left: 100_000 },
    signal: new AbortController().signal,
    userAgent: "test",
    resolve: async (name) => {
      if (names[name] === undefined) throw new Error("ENOTFOUND");
      return names[name].map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    },
    mayConnect: (address) => address === "127.0.0.1" || isPublicAddress(address),
    ...more,
  });
  const site = (path: string): string => `http://pictures.test:${port}${path}`;

  it("gives what is there, after redirects and decompressed", async () => {
    expect(await publicFetch(site("/a"), options())).toEqual({ bytes: body, type: "image/png", status: 200 });
    expect(await publicFetch(site(`/to/${encodeURIComponent("/to/%2Fa")}`), options())).toMatchObject({ bytes: body });
    expect(await publicFetch(site("/zipped"), options())).toMatchObject({ bytes: body });
    expect(await publicFetch(site("/none"), options())).toEqual({ status: 404 });
    expect(asked[0]).toBe(`pictures.test:${port}/a`);
  });

  it("connects to no address that is not public, whatever name or form it has", async () => {
    const strict = options({ mayConnect: isPublicAddress });
    for (const host of [
      "127.0.0.1",
      "127.1",
      "2130706433",
      "0x7f.0.0.1",
      "0177.0.0.1",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "[::]",
      "0",
      "pictures.test",
      "inside.test",
      "mapped.test",
      "nowhere.test",
    ])
      expect(await publicFetch(`http://${host}:${port}/a`, strict), host).toEqual({ failure: "not public" });
    // One bad address spoils the name: who gives both waits for the other one to be taken.
    expect(await publicFetch(`http://both.test:${port}/a`, options())).toEqual({ failure: "not public" });
    expect(asked).toEqual([]);
  });

  it("looks at every redirect as at the first address", async () => {
    for (const [to, failure] of [
      ["http://169.254.169.254/latest/meta-data/", "not public"],
      ["http://[::ffff:a9fe:a9fe]/", "not public"],
      ["http://inside.test/", "not public"],
      ["//10.0.0.1/", "not public"],
      ["file:///etc/passwd", "bad address"],
      ["http://user:password@pictures.test/", "bad address"],
      ["http://", "bad address"],
    ])
      expect(await publicFetch(site(`/to/${encodeURIComponent(to!)}`), options()), to).toEqual({ failure });
    expect(await publicFetch(site("/loop"), options())).toEqual({ failure: "too many redirects" });
    expect(asked.filter((each) => each.endsWith("/loop"))).toHaveLength(6);
  });

  it("asks for a name once, so that a second answer of the name server comes too late", async () => {
    let times = 0;
    const rebinding = options({ resolve: async () => [{ address: ++times === 1 ? "127.0.0.1" : "10.0.0.1", family: 4 }] });
    expect(await publicFetch(site("/a"), rebinding)).toMatchObject({ status: 200 });
    expect(times).toBe(1);
    // A redirect to the same name asks again, and is looked at again.
    expect(
      await publicFetch(site(`/to/${encodeURIComponent("/a")}`), {
        ...rebinding,
        resolve: async () => [{ address: ++times === 2 ? "127.0.0.1" : "10.0.0.1", family: 4 }],
      }),
    ).toEqual({ failure: "not public" });
  });

  it("asks only hosts that it may, after redirects too", async () => {
    const mayAsk = (host: string): boolean => host === `pictures.test:${port}`;
    expect(await publicFetch(site("/a"), options({ mayAsk }))).toMatchObject({ status: 200 });
    expect(await publicFetch(`http://other.test:${port}/a`, options({ mayAsk }))).toEqual({ failure: "host not allowed" });
    expect(await publicFetch(site(`/to/${encodeURIComponent("http://pictures.test/")}`), options({ mayAsk }))).toEqual({ failure: "host not allowed" });
  });

  it("ends at its limits", async () => {
    const late = { seconds: 0.2 };
    for (const path of ["/silent", "/slow"]) expect(await publicFetch(site(path), options(late)), path).toEqual({ failure: "timed out" });
    expect(await publicFetch(site("/endless"), options())).toEqual({ failure: "too large" });
    expect(await publicFetch(site("/bomb"), options())).toEqual({ failure: "too large" });
    expect(await publicFetch(site("/a"), options({ allowance: { left: 999 } }))).toEqual({ failure: "too large" });
    const shared = { left: 1500 };
    expect(await publicFetch(site("/a"), options({ allowance: shared }))).toMatchObject({ status: 200 });
    expect(await publicFetch(site("/a"), options({ allowance: shared }))).toEqual({ failure: "too large" });
    expect(await publicFetch(site("/torn"), options())).toEqual({ failure: "broken off" });
    expect(await publicFetch("http://unknown.test/", options())).toEqual({ failure: "broken off" });
    const gone = AbortSignal.timeout(50);
    await expect(publicFetch(site("/silent"), options({ signal: gone }))).rejects.toMatchObject({ name: "TimeoutError" });
  });
});
