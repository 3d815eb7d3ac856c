import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { differenceHash, hashDistance } from "../../src/data/documents/difference-hash.ts";
import { readPage } from "../../src/data/documents/html-pieces.ts";
import { nearDistance, repeatedHashes } from "../../src/data/documents/near-duplicates.ts";
import { pageText } from "../../src/data/documents/page-text.ts";
import { loadPicture } from "../../src/data/image.ts";
import { makeDocuments } from "../../src/data/platform/node-documents.ts";
import type { DocumentsPlan } from "../../src/data/platform/node-documents-shard.ts";
import { sampleFormats } from "../../src/data/samples/open-samples.ts";
import type { Sample } from "../../src/data/samples/sample.ts";

const pictures = new URL("../fixtures/data/pictures/", import.meta.url).pathname;
const words = "Some words that say what is to be seen on this page, so that it is long enough to be kept by the rules that there are.";
let folder: string;
/** Pictures that differ, and are large enough. */
const drawn = async (seed: number, width = 160, height = 120): Promise<Buffer> => {
  const x = (seed * 37) % 90;
  const svg = `<svg width="160" height="120"><rect width="160" height="120" fill="hsl(${(seed * 67) % 360} 60% 70%)"/><circle cx="${20 + x}" cy="${30 + ((seed * 23) % 60)}" r="${12 + (seed % 5) * 4}" fill="#123"/><rect x="${140 - x}" y="${(seed * 41) % 80}" width="30" height="${20 + ((seed * 13) % 40)}" fill="#fed"/></svg>`;
  return sharp(Buffer.from(svg)).resize(width, height, { fit: "fill" }).png().toBuffer();
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-documents-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a page is text and pictures in the order of its tree, without menus, programs and what is hidden", () => {
  const page = readPage(`<!doctype html><html lang="en-GB"><head><base href="img/"><title>No</title><script>var no</script></head><body>
    <header><h1>Site</h1></header><nav>No <img src="no.png"></nav><ul><li><a href="a">Link</a><li><a href="b">Other</a></ul>
    <main><header><h2>Title<a href="#t">¶</a></h2></header><p>First
    paragraph with <b>bold</b>&nbsp;text\u00ad.<p>Second<br>line<img src=" one.png "><div hidden>No</div><div style="display: none">No</div>
    <figure><img data-src="late.png" src="data:image/gif;base64,xx"><figcaption>Caption</figcaption></figure>
    <pre>  code
    here</pre><ul><li>Point<li>Other point with <a href="x">link</a></ul><table><tr><td>1<td>2</table><img srcset="set.png 1x, set2.png 2x"><img alt="none"></main><footer>No</footer>`);
  expect(page).toEqual({
    language: "en-GB",
    base: "img/",
    pieces: [
      { kind: "text", text: "Title\n\nFirst paragraph with bold text.\n\nSecond\nline" },
      { kind: "picture", source: " one.png " },
      { kind: "picture", source: "late.png" },
      { kind: "text", text: "Caption\n\n  code\n    here\n\n- Point\n\n- Other point with link\n\n1 2".replace("  code", "code") },
      { kind: "picture", source: "set.png" },
    ],
  });
});

test.each([
  ["UTF-8", new TextEncoder().encode("<p>é"), undefined],
  ["what it names itself", Uint8Array.from(Buffer.from('<meta charset="iso-8859-1"><p>é', "latin1")), undefined],
  ["what its server names", Uint8Array.from(Buffer.from("<p>é", "latin1")), "text/html; charset=latin1"],
  ["UTF-16 with its mark", Uint8Array.from([0xff, 0xfe, ...Buffer.from("<p>é", "utf16le")]), undefined],
  ["nothing, as browsers guess", Uint8Array.from(Buffer.from("<p>é", "latin1")), "text/html; charset=unheard-of"],
])("the characters of a page: %s", (_, bytes, said) => {
  expect(pageText(bytes, said)).toMatch(/<p>é$/);
});

describe("near-duplicates", () => {
  test("copies that are smaller or compressed are near, other pictures are not", async () => {
    const hashes: string[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const png = await drawn(seed, 480, 360);
      const copies = [
        png,
        await sharp(png).resize(160, 120).toBuffer(),
        await sharp(png).jpeg({ quality: 60 }).toBuffer(),
        await sharp(png).modulate({ brightness: 1.05 }).toBuffer(),
      ];
      const [own, ...others] = await Promise.all(copies.map(async (copy) => differenceHash(await loadPicture(Uint8Array.from(copy)))));
      for (const other of others) expect(hashDistance(own!, other!)).toBeLessThanOrEqual(nearDistance);
      for (const before of hashes) expect(hashDistance(own!, before)).toBeGreaterThan(nearDistance);
      hashes.push(own!);
    }
  });

  test("what many documents show is found by all of its near hashes", () => {
    const flipped = (bits: number): string => ((1n << BigInt(bits)) - 1n).toString(16).padStart(32, "0");
    const documents = [[flipped(0)], [flipped(3)], [flipped(6), flipped(40)], [flipped(9)], [flipped(80), flipped(80)]];
    expect(repeatedHashes(documents, 2)).toEqual(new Set([flipped(0), flipped(3), flipped(6), flipped(9)]));
    expect(repeatedHashes(documents, 4)).toEqual(new Set());
  });
});

const planOf = (pages: readonly string[], changes: Partial<DocumentsPlan> = {}): DocumentsPlan => ({
  format: 1,
  pagesPerShard: 4,
  rules: { leastEdge: 64, mostAspect: 3, leastWords: 5 },
  mostRepeats: 3,
  files: { folders: [folder], fetch: false, seconds: 5, megabytes: 1, retries: 2 },
  pages,
  ...changes,
});
const make = (plan: DocumentsPlan, out: string) =>
  makeDocuments({ plan, out: join(folder, out), workers: 1, signal: new AbortController().signal, onShard: () => {} });
const tarsOf = async (out: string): Promise<string[]> =>
  Promise.all(
    (await readdir(join(folder, out)))
      .filter((name) => name.endsWith(".tar"))
      .sort()
      .map(async (name) => `${name} ${(await readFile(join(folder, out, name))).toString("base64")}`),
  );
const samplesOf = async (out: string, shard: string): Promise<string[]> => {
  const opened = await sampleFormats.webdataset.open({ mmc4: { similarity: 0, leastKilobytes: 0 } })(join(folder, out, shard));
  const texts: string[] = [];
  for await (const { sample } of opened.samples(0, () => true))
    texts.push(
      (sample as Sample).pieces.map((piece) => (piece.kind === "text" ? piece.text : `[${piece.name} ${(piece.file as Uint8Array).length}]`)).join(" "),
    );
  await opened.close();
  return texts;
};
const total = (outcomes: Readonly<Record<string, number>>): number => Object.values(outcomes).reduce((sum, each) => sum + each, 0);
const address = (name: string): string => new URL(name, `file://${folder}/site/`).href;

describe("a folder of pages", () => {
  const names = Array.from({ length: 10 }, (_, i) => `${i}.html`);
  beforeAll(async () => {
    await mkdir(join(folder, "site"));
    for (let i = 0; i < 10; i++) await writeFile(join(folder, "site", `${i}.png`), await drawn(i));
    await writeFile(
      join(folder, "site", "again.jpg"),
      await sharp(await drawn(0))
        .jpeg()
        .toBuffer(),
    );
    await writeFile(join(folder, "site", "logo.png"), await drawn(77));
    await writeFile(join(folder, "site", "small.png"), await drawn(1, 160, 63));
    await writeFile(join(folder, "site", "wide.png"), await drawn(1, 400, 120));
    await writeFile(
      join(folder, "site", "plain.png"),
      await sharp({ create: { width: 90, height: 90, channels: 3, background: "#fafafa" } })
        .png()
        .toBuffer(),
    );
    await writeFile(join(folder, "site", "page.jpg"), "<!doctype html><p>Not found</p>");
    await copyFile(`${pictures}rgb.png`, join(folder, "secret.png"));
    const page = (shown: readonly string[], text = words): string =>
      `<p>${text}</p>${shown.map((name) => `<img src="${name}"><p>This is ${name}.</p>`).join("")}`;
    const shown = [
      ["0.png", "small.png", "again.jpg", "1.png"],
      [
        "wide.png",
        "plain.png",
        "page.jpg",
        "none.png",
        "https://127.0.0.1/x.png",
        "../../../../etc/hostname",
        "http://[bad",
        "ftp://127.0.0.1/x.png",
        "logo.png",
      ],
      ["2.png?x=1#y", "logo.png"],
      ["logo.png", "small.png"],
      ["logo.png", "3.png"],
      ["logo.png"],
      [],
    ];
    for (const [i, name] of names.entries()) await writeFile(join(folder, "site", name), page(shown[i] ?? [`${i}.png`], i === 9 ? "Few." : words));
  });

  test("becomes documents by the rules, and each page and picture has one outcome", async () => {
    const summary = await make(planOf(names.map(address)), "documents");
    expect(summary).toMatchObject({ shards: 3, found: 0 });
    expect(summary.pages).toEqual({ kept: 5, "no pictures": 4, "few words": 1 });
    expect(summary.pictures).toEqual({
      kept: 6,
      small: 2,
      narrow: 1,
      "single colour": 1,
      "repeated in the page": 1,
      "repeated in many pages": 5,
      "no picture": 1,
      missing: 1,
      "not fetched": 1,
      "outside the folder": 1,
      "bad address": 2,
      "page left out": 1,
    });
    expect(total(summary.pictures)).toBe(4 + 9 + 2 + 2 + 2 + 1 + 0 + 3);
    const size = async (i: number): Promise<number> => (await readFile(join(folder, "site", `${i}.png`))).length;
    expect(await samplesOf("documents", "documents-00000.tar")).toEqual([
      `${words} [00000-00000.0.png ${await size(0)}] This is 0.png.\n\nThis is small.png.\n\nThis is again.jpg. [00000-00000.1.png ${await size(1)}] This is 1.png.`,
      `${words} [00000-00002.0.png ${await size(2)}] This is 2.png?x=1#y.\n\nThis is logo.png.`,
    ]);
  });

  test("a run that is killed loses the shards at hand, and goes on to the same bytes, on any number of threads", async () => {
    await rm(join(folder, "documents", "gathered", "00001.json"));
    await writeFile(join(folder, "documents", "gathered", "00001.tar"), "torn");
    const before = await tarsOf("documents");
    expect(await make(planOf(names.map(address)), "documents")).toMatchObject({ shards: 3, found: 2 });
    expect(await tarsOf("documents")).toEqual(before);
    await expect(make(planOf(names.map(address), { mostRepeats: 9 }), "documents")).rejects.toThrow(
      /holds documents of other pages or by other rules; name another folder/,
    );
  });

  test("the command, with threads, killed in the middle and started again", async () => {
    const run = (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, ["--conditions=flamingo-source", "src/cli/main.ts", "data", "documents", ...args]);
        const said = { stdout: "", stderr: "" };
        child.stdout.on("data", (data: Buffer) => (said.stdout += String(data)));
        child.stderr.on("data", (data: Buffer) => {
          said.stderr += String(data);
          if (args.includes("--pages-per-shard=1") && !args.includes("--json")) child.kill("SIGKILL");
        });
        child.on("close", (code) => resolve({ code, ...said }));
      });
    const args = [join(folder, "site"), "--out", join(folder, "command"), "--workers", "2", "--most-repeats", "3", "--pages-per-shard=1", "--least-words", "5"];
    expect((await run(...args)).code).toBeNull();
    const { code, stdout } = await run(...args, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ shards: 10, pages: { kept: 5, "no pictures": 4, "few words": 1 } });
    await expect(run(join(folder, "nowhere"), "--out", join(folder, "command"))).resolves.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no .*nowhere; name folders of HTML files/),
    });
  });
});

describe("pages behind addresses", () => {
  let server: Server;
  let site: string;
  const asked = new Map<string, number>();
  beforeAll(async () => {
    const picture = await drawn(5);
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, "http://x");
      asked.set(pathname, (asked.get(pathname) ?? 0) + 1);
      if (pathname === "/page")
        return response
          .writeHead(200, { "Content-Type": "text/html" })
          .end(
            `<p>${words}</p>${["good.png", "gone.png", "busy.png", "moved.png", "torn.png", "slow.png", "large.png", "page.jpg", "denied.png", "cut.png", "file:///etc/hostname"].map((name) => `<img src="${name}"><p>${name}</p>`).join("")}`,
          );
      if (pathname === "/flaky" && asked.get(pathname)! === 1) return response.writeHead(503).end();
      if (pathname === "/flaky") return response.end(`<p>${words}</p><img src="good.png">`);
      if (pathname === "/good.png") return response.end(picture);
      if (pathname === "/moved.png") return response.writeHead(302, { Location: "/other.png" }).end();
      if (pathname === "/other.png") return drawn(6).then((other) => response.end(other));
      if (pathname === "/busy.png") return response.writeHead(503).end();
      if (pathname === "/denied.png") return response.writeHead(403).end();
      if (pathname === "/torn.png")
        return response.writeHead(200, { "Content-Length": picture.length }).write(picture.subarray(0, 100), () => response.destroy());
      if (pathname === "/cut.png") return response.end(picture.subarray(0, picture.length / 2));
      if (pathname === "/slow.png") return response.write(picture.subarray(0, 10));
      if (pathname === "/large.png") return response.end(Buffer.alloc(1_100_000));
      if (pathname === "/page.jpg") return response.writeHead(200, { "Content-Type": "image/jpeg" }).end("<!doctype html><p>Sorry</p>");
      return response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  test("only what may pass is tried again, and each picture has one outcome", async () => {
    const plan = planOf([`${site}/page`, `${site}/flaky`, `${site}/none`], {
      files: { folders: [], fetch: true, anyNetwork: true, seconds: 3, megabytes: 1, retries: 1 },
    });
    const { pages, pictures: outcomes } = await make(plan, "fetched");
    expect(pages).toEqual({ kept: 2, missing: 1 });
    expect(outcomes).toEqual({
      kept: 3,
      missing: 1,
      "server error": 1,
      "broken off": 1,
      "timed out": 1,
      "too large": 1,
      refused: 1,
      "no picture": 2,
      "bad address": 1,
    });
    expect(total(outcomes)).toBe(12);
    expect(Object.fromEntries(asked)).toEqual({
      "/page": 1,
      "/flaky": 2,
      "/none": 1,
      "/good.png": 1,
      "/gone.png": 1,
      "/busy.png": 2,
      "/moved.png": 1,
      "/other.png": 1,
      "/torn.png": 2,
      "/cut.png": 1,
      "/slow.png": 2,
      "/large.png": 1,
      "/page.jpg": 1,
      "/denied.png": 1,
    });
  });

  test("inside of the own network are not asked for unless somebody says so", async () => {
    asked.clear();
    const plan = planOf([`${site}/page`, "http://localhost:1/"], { files: { folders: [], fetch: true, seconds: 3, megabytes: 1, retries: 1 } });
    expect((await make(plan, "private")).pages).toEqual({ "not public": 2 });
    expect(asked.size).toBe(0);
  });
});
