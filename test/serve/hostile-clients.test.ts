/** Clients that are slow, cut off, or speak no HTTP, and what they may send for a picture: they get an answer or lose their connection, and nobody else notices. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { deflateSync, gzipSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { dataUrl, type Listening, listen, listenHere, png, shown } from "./listening.ts";

let server: Listening;
beforeAll(async () => {
  server = await listen({ maxPixels: 4_000_000 });
});
afterAll(() => server.close());

async function socketTo({ url }: Listening): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** All that the server says to these bytes until it closes the connection. */
async function said(to: Listening, ...parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = await socketTo(to);
  let text = "";
  socket.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  for (const part of parts) socket.write(part);
  await closed;
  return text;
}

const body = JSON.stringify({ model: "tiny", messages: [{ role: "user", content: "the" }], max_tokens: 2 });
const head = (more: string): string => `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${more}`;
const answers = async ({ openai }: Listening): Promise<void> => {
  expect((await openai.chat.completions.create({ model: "tiny", messages: [{ role: "user", content: "the" }], max_tokens: 2 })).choices).toHaveLength(1);
};

describe("what is no HTTP", () => {
  it.each<[what: string, bytes: string | Buffer]>([
    ["noise", Buffer.from([0, 255, 1, 254, 13, 10, 13, 10])],
    ["TLS", Buffer.from("16030100a5010000a10303", "hex")],
    ["no method", "/v1/models HTTP/1.1\r\n\r\n"],
    ["a version that is none", "GET /v1/models HTTP/9.9\r\n\r\n"],
    ["no host", "GET /v1/models HTTP/1.1\r\n\r\n"],
    ["two lengths", head(`content-length: 3\r\ncontent-length: ${body.length}\r\n\r\n${body}`)],
    ["a length and chunks", head(`content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`)],
    ["a negative length", head(`content-length: -1\r\n\r\n${body}`)],
    ["chunks that are none", head(`transfer-encoding: chunked\r\n\r\nzz\r\n${body}\r\n`)],
    ["a header that is none", head(`content length: 3\r\n\r\n${body}`)],
    ["a line break in a header", head(`x-a: a\rb\r\n\r\n${body}`)],
  ])("is answered with 400, and closed: %s", async (_, bytes) => {
    expect(await said(server, bytes)).toMatch(/^HTTP\/1\.1 400 /);
    await answers(server);
  });

  it("and headers without end are refused with 431", async () => {
    expect(await said(server, head(`x-a: ${"a".repeat(100_000)}`))).toMatch(/^(HTTP\/1\.1 431 |$)/);
    await answers(server);
  });
});

describe("a path", () => {
  it.each([
    "/../../etc/passwd",
    "/assets/../../../package.json",
    "/assets/..%2f..%2fpackage.json",
    "/assets/%00",
    "/v1/models/%E0%A4%A",
    "//etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "http://169.254.169.254/",
  ])("%s leads to no file and nowhere else", async (path) => {
    const text = await said(server, `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 (404|400|200) /);
    expect(text).not.toMatch(/root:|"name": "flamingo-vlm"|\n\s+at /);
    if (text.startsWith("HTTP/1.1 200")) expect(text).toMatch(/<!doctype html>/i);
  });
});

describe("a slow client", () => {
  it("loses its connection after the time of a request, whether its headers or its body do not come, and frees its place", async () => {
    const slow = await listenHere({ timeout: 2000, maxRequests: 1 });
    const headers = said(slow, "POST /v1/chat/completions HTTP/1.1\r\nhost: loc");
    const half = said(slow, head(`content-length: ${body.length}\r\n\r\n${body.slice(0, 10)}`));
    const drip = await socketTo(slow);
    const dropped = new Promise((resolve) => drip.once("close", resolve));
    const dripping = (async () => {
      drip.write(head(`content-length: ${body.length}\r\n\r\n`));
      for (const letter of body) {
        if (drip.destroyed) break;
        drip.write(letter);
        await wait(100);
      }
    })();
    for (const text of await Promise.all([headers, half])) expect(text).toMatch(/^(HTTP\/1\.1 4(08|29) |$)/);
    await dropped;
    await dripping;
    await answers(slow);
  });

  it("that goes away in the middle of its request frees its place", async () => {
    const small = await listenHere({ maxRequests: 1 });
    for (let i = 0; i < 5; i++) {
      const socket = await socketTo(small);
      socket.write(head(`content-length: ${body.length}\r\n\r\n${body.slice(0, 20)}`));
      await wait(20);
      socket.destroy();
      // The server hears of it a moment later.
      for (;;) {
        const { status } = await fetch(`${small.url}/v1/models`);
        if (status === 200) break;
        expect(status).toBe(429);
      }
    }
    await answers(small);
  });

  it("that only opens connections keeps nobody out", async () => {
    await Promise.all(Array.from({ length: 200 }, () => socketTo(server)));
    await answers(server);
  });
});

/** A chunk of a PNG. Its checksum is not looked at before it is refused. */
function chunk(name: string, data: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(name, "latin1"), data, Buffer.alloc(4)]);
}

/** The head of a WebP of so many pixels. */
function webpBomb(edge: number): Buffer {
  const canvas = Buffer.alloc(18);
  canvas.write("VP8X");
  canvas.writeUInt32LE(10, 4);
  canvas.writeUIntLE(edge - 1, 12, 3);
  canvas.writeUIntLE(edge - 1, 15, 3);
  const riff = Buffer.alloc(12);
  riff.write("RIFF");
  riff.writeUInt32LE(4 + canvas.length, 4);
  riff.write("WEBP", 8);
  return Buffer.concat([riff, canvas]);
}

describe("a picture", () => {
  const ask = (bytes: Uint8Array, type = "image/png"): Promise<Response> =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "tiny", messages: [{ role: "user", content: [shown(dataUrl(bytes, type))] }], max_tokens: 1 }),
    });

  it("that is larger than it looks is refused before it is decoded, or decoded within its limits", async () => {
    const gif = Buffer.from("4749463839610000000000000021f904000000000000", "hex");
    gif.writeUInt16LE(65_535, 6);
    gif.writeUInt16LE(65_535, 8);
    const bmp = Buffer.alloc(58);
    bmp.write("BM");
    bmp.writeUInt32LE(58, 2);
    bmp.writeUInt32LE(54, 10);
    bmp.writeUInt32LE(40, 14);
    bmp.writeInt32LE(2 ** 31 - 1, 18);
    bmp.writeInt32LE(-(2 ** 31), 22);
    bmp.writeUInt16LE(1, 26);
    bmp.writeUInt16LE(24, 28);
    const header = Buffer.alloc(13);
    header.writeUInt32BE(100_000, 0);
    header.writeUInt32BE(1, 4);
    header.set([8, 2, 0, 0, 0], 8);
    const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
    const real = Buffer.from(await png(1));
    // 50 MB of a colour profile in 50 kB.
    const profile = chunk("iCCP", Buffer.concat([Buffer.from("x\0\0", "latin1"), deflateSync(Buffer.alloc(50_000_000))]));
    const bombs = { gif, bmp, webp: webpBomb(16_000), long: Buffer.concat([signature, chunk("IHDR", header), chunk("IEND", Buffer.alloc(0))]) };
    const before = process.memoryUsage().rss;
    for (const [name, bytes] of Object.entries(bombs)) expect((await ask(bytes)).status, name).toBe(400);
    for (const bytes of [Buffer.concat([real.subarray(0, 33), profile, real.subarray(33)])]) expect([200, 400]).toContain((await ask(bytes)).status);
    const frames = await sharp(Buffer.alloc(3 * 1000 * 8000), { raw: { width: 1000, height: 8000, channels: 3, pageHeight: 1000 } })
      .gif()
      .toBuffer();
    expect([200, 400]).toContain((await ask(frames, "image/gif")).status);
    expect(process.memoryUsage().rss - before).toBeLessThan(500_000_000);
    await answers(server);
  });

  it("that is something else as well is read as a picture alone, and what is something else is refused", async () => {
    const real = Buffer.from(await png(1));
    const jpeg = await sharp(real).jpeg().toBuffer();
    const gif = await sharp(real).gif().toBuffer();
    const plain = JSON.stringify(((await (await ask(real)).json()) as { choices: unknown }).choices);
    const tails = ["<script>alert(1)</script>", "PK\x03\x04", "%PDF-1.7", '<svg><image href="file:///etc/passwd"/></svg>', "<?php system('id') ?>"];
    for (const tail of tails) {
      const response = await ask(Buffer.concat([real, Buffer.from(tail, "latin1")]), "text/html");
      expect(response.status).toBe(200);
      expect(JSON.stringify(((await response.json()) as { choices: unknown }).choices)).toBe(plain);
      for (const bytes of [jpeg, gif]) expect((await ask(Buffer.concat([bytes, Buffer.from(tail, "latin1")]))).status).toBe(200);
    }
    const others = {
      html: Buffer.from("<!doctype html><img src=x>"),
      svg: Buffer.from('<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>'),
      pdf: Buffer.from("%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj"),
      postscript: Buffer.from("%!PS\n(/etc/passwd) (r) file"),
      zip: Buffer.from("PK\x03\x04"),
      gzip: gzipSync(real),
      mvg: Buffer.from("push graphic-context\nimage over 0,0 0,0 'file:///etc/passwd'"),
      tiff: await sharp(real).tiff().toBuffer(),
      empty: Buffer.from("GIF89a"),
    };
    for (const [name, bytes] of Object.entries(others)) {
      const response = await ask(bytes);
      expect(response.status, name).toBe(400);
      expect(await response.text()).not.toMatch(/\n\s+at |node_modules|root:/);
    }
  });
});

describe("pages of others", () => {
  it("are let in by no header, and get no picture or script of ours to show", async () => {
    for (const [path, method] of [
      ["/v1/models", "GET"],
      ["/v1/chat/completions", "OPTIONS"],
      ["/", "GET"],
      ["/openapi.json", "GET"],
      ["/metrics", "GET"],
    ] as const) {
      const response = await fetch(server.url + path, {
        method,
        headers: { origin: "https://elsewhere.example", "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
      });
      expect([...response.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
    const policy = (await fetch(`${server.url}/`)).headers.get("content-security-policy")!;
    expect(policy).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect((await fetch(`${server.url}/docs`)).headers.get("content-security-policy")).toMatch(/default-src 'none'/);
  });

  it("cannot make a name of their own lead here", async () => {
    const asked = (host: string): Promise<string> => said(server, `GET /v1/models HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    for (const host of ["elsewhere.example", "elsewhere.example:80", "127.0.0.1.elsewhere.example", "localhost.elsewhere.example", "@", ""])
      expect(await asked(host), host).toMatch(/^HTTP\/1\.1 40[03] /);
    for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8000"]) expect(await asked(host), host).toMatch(/^HTTP\/1\.1 200 /);
    const named = await listenHere({ hosts: ["models.example"] });
    expect(await said(named, "GET /v1/models HTTP/1.1\r\nhost: models.example\r\nconnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
    const keyed = await listenHere({ apiKey: "secret" });
    expect(await said(keyed, "GET /v1/models HTTP/1.1\r\nhost: any\r\nauthorization: Bearer secret\r\nconnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
  });
});
