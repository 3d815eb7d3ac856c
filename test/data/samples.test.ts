import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DataError } from "../../src/data/errors.ts";
import { mmc4Options, mmc4Sample } from "../../src/data/samples/mmc4.ts";
import { type SampleFormatName, sampleFormats } from "../../src/data/samples/open-samples.ts";
import { readPicture } from "../../src/data/samples/read-picture.ts";
import type { RecordOptions } from "../../src/data/samples/record-sample.ts";
import type { BadSample, NumberedSample, Sample } from "../../src/data/samples/sample.ts";
import { shardPaths } from "../../src/data/samples/shard-paths.ts";
import mmc4 from "../fixtures/data/samples/mmc4.json" with { type: "json" };

const fixtures = join(import.meta.dirname, "../fixtures/data/samples");
const fixture = (name: string): string => join(fixtures, name);
const options: RecordOptions = { mmc4: mmc4Options.parse({}) };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-samples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function all(
  kind: SampleFormatName,
  path: string,
  changes: Partial<RecordOptions> = {},
  from = 0,
  wanted = (_: number): boolean => true,
): Promise<NumberedSample[]> {
  const shard = await sampleFormats[kind].open({ ...options, ...changes })(path);
  try {
    const samples: NumberedSample[] = [];
    for await (const sample of shard.samples(from, wanted)) samples.push(sample);
    return samples;
  } finally {
    await shard.close();
  }
}

const shown = (sample: Sample | BadSample): string =>
  "bad" in sample ? `bad: ${sample.bad}` : `${sample.form} ${sample.pieces.map((piece) => (piece.kind === "text" ? piece.text : `[${piece.name}]`)).join(" ")}`;
const texts = (samples: readonly NumberedSample[]): string[] => samples.map(({ sample }) => shown(sample));

/** The colour that tools/reference/samples.py gives picture i. */
async function numberOf(sample: Sample | BadSample): Promise<number> {
  const [picture] = "bad" in sample ? [] : sample.pieces;
  if (picture?.kind !== "picture") throw new Error("no picture first");
  const { width, height, data } = await readPicture(picture, false);
  expect([width, height]).toEqual([24, 16]);
  return Math.round(data[0]! / 20);
}

describe("what the authors' libraries write is read", () => {
  test("WebDataset's tars, a picture with its text", async () => {
    for (const shard of [0, 1]) {
      const samples = await all("webdataset", fixture(`pairs-00${shard}.tar`));
      expect(samples.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5]);
      for (const { number, sample } of samples) {
        expect(await numberOf(sample)).toBe(6 * shard + number);
        expect(shown(sample)).toBe(`pair [00${shard}000${number}.png] a picture of number ${6 * shard + number}`);
      }
    }
  });

  test.each(["gnu", "pax"])("long names as %s writes them, and captions in JSON", async (form) => {
    const samples = await all("webdataset", fixture(`${form}.tar`));
    expect(samples.map(({ sample }) => sample.key)).toEqual([0, 1].map((number) => `ünder/${"long-".repeat(30)}${number}`));
    expect(samples.map(({ sample }) => ("bad" in sample ? "" : sample.pieces[1]))).toEqual(
      [0, 1].map((number) => ({ kind: "text", text: `number ${number}` })),
    );
  });

  test("MMC4: each picture before the sentence that it fits, as SciPy assigns them; not those that are like nothing, or too small", async () => {
    const [document] = await all("webdataset", fixture("mmc4.tar"));
    expect(mmc4.matched).toEqual([
      [0, 3],
      [1, 2],
    ]);
    expect(shown(document!.sample)).toBe("page The first sentence. The second one. [1.jpg] A third. [0.jpg] And the last.");
    const [strict] = await all("webdataset", fixture("mmc4.tar"), { mmc4: { similarity: 0.31, leastKilobytes: 11 } });
    expect(shown(strict!.sample)).toBe("page The first sentence. The second one. [1.jpg] A third. And the last.");
    const [small] = await all("webdataset", fixture("mmc4.tar"), { mmc4: { similarity: 0.24, leastKilobytes: 0 } });
    expect(shown(small!.sample)).toContain("[3.jpg]");
  });

  test.each(mmc4.assignments.map((each, i) => [i, each] as const))("MMC4: assignment %i is as good as SciPy's", (_, { likeness, sum }) => {
    const file = new Uint8Array(20_000);
    const document = {
      text_list: likeness[0]!.map((_, i) => `${i}`),
      similarity_matrix: likeness,
      image_info: likeness.map((_, i) => ({ image_name: `${i}`, image_base64: "AAAA" })),
    };
    const sample = mmc4Sample("", document, { similarity: 0, leastKilobytes: 11 }, () => file) as Sample;
    let found = 0;
    for (const [i, piece] of sample.pieces.entries())
      if (piece.kind === "picture") found += likeness[Number(piece.name)]![Number((sample.pieces[i + 1] as { text: string }).text)]!;
    expect(found).toBeCloseTo(sum, 9);
  });

  test.each(["none", "snappy", "gzip", "zstd", "brotli", "lz4"])("Parquet compressed with %s, several groups of rows", async (compression) => {
    const samples = await all("parquet", fixture(`pairs-${compression}.parquet`));
    expect(texts(samples)).toEqual(Array.from({ length: 10 }, (_, i) => `pair [${i}.png] number ${i}`));
    expect(await Promise.all(samples.map(({ sample }) => numberOf(sample)))).toEqual(Array.from({ length: 10 }, (_, i) => i));
    expect((await all("parquet", fixture(`pairs-${compression}.parquet`), {}, 3, (number) => number % 3 === 0)).map(({ number }) => number)).toEqual([3, 6, 9]);
  });

  test("OBELICS' columns", async () => {
    expect(texts(await all("parquet", fixture("obelics.parquet")))).toEqual([
      "page Before. [https://127.0.0.1/one.png] After the first. [pictures/two.png]",
      "page [pictures/two.png] Only after.",
      "page No picture at all.",
    ]);
  });
});

describe("people's own files", () => {
  test("lines of JSON: pairs, pieces, texts; a bad line is one bad sample", async () => {
    const lines = [
      JSON.stringify({ image: "cat.png", caption: "a cat" }),
      "",
      JSON.stringify({ pieces: [{ text: "Before" }, { image: { path: "cat.png" } }, { text: "after" }] }),
      '{"image": "cut',
      JSON.stringify({ text: "only text" }),
      JSON.stringify({ image: "cat.png" }),
      JSON.stringify({ images: ["cat.png", null], texts: [null, null] }),
      JSON.stringify({ image: 3, text: "x" }),
      JSON.stringify({ image: `data:image/png;base64,${Buffer.from("bytes").toString("base64")}`, text: "inside" }),
    ];
    await writeFile(join(folder, "own.jsonl"), `\ufeff${lines.join("\r\n")}`);
    const samples = await all("jsonl", join(folder, "own.jsonl"));
    expect(texts(samples)).toEqual([
      "pair [cat.png] a cat",
      "page Before [cat.png] after",
      expect.stringMatching(/^bad: line 4 is not JSON/),
      "page only text",
      "bad: it has no text (text, caption, txt); it has image",
      "bad: at place 1 there is neither an image nor a text",
      'bad: its "image" is no picture: neither bytes, nor a path or address, nor { bytes, path }',
      "pair [image] inside",
    ]);
    expect((samples[0]!.sample as Sample).pieces[0]).toEqual({ kind: "picture", name: "cat.png", file: join(folder, "cat.png") });
    expect(texts(await all("jsonl", join(folder, "own.jsonl"), { text: "title" }))[0]).toBe('bad: it has no "title"; it has image, caption');
  });

  test("a line that is longer than what is read at once", async () => {
    const long = "x".repeat(3_000_000);
    await writeFile(join(folder, "long.jsonl"), `${JSON.stringify({ text: long })}\n${JSON.stringify({ text: "short" })}\n`);
    expect(texts(await all("jsonl", join(folder, "long.jsonl")))).toEqual([`page ${long}`, "page short"]);
  });

  test("a folder of pictures beside their texts", async () => {
    const place = join(folder, "pictures");
    await mkdir(place);
    for (const name of ["b.png", "a.jpeg", "c.PNG"]) await writeFile(join(place, name), "");
    await writeFile(join(place, "a.txt"), "an a");
    await writeFile(join(place, "b.txt"), "a b\n");
    expect(texts(await all("folder", place))).toEqual(["pair [a.jpeg] an a", "pair [b.png] a b\n", "bad: there is no c.txt beside it"]);
    await expect(all("folder", join(folder, "none"))).rejects.toThrow(/there is no folder .*none; name one with pictures, each beside its text/);
    await mkdir(join(folder, "empty"));
    await expect(all("folder", join(folder, "empty"))).rejects.toThrow(/empty holds no pictures/);
  });

  test("patterns of shards", async () => {
    expect(await shardPaths(["s/{008..010}.tar", "{train,more}.tar"], [".tar"])).toEqual(["s/008.tar", "s/009.tar", "s/010.tar", "train.tar", "more.tar"]);
    expect(await shardPaths([fixtures], [".tar"])).toEqual(["gnu", "mmc4", "pairs-000", "pairs-001", "pax"].map((name) => `${fixtures}/${name}.tar`));
    await expect(shardPaths([fixtures], [".jsonl"])).rejects.toThrow(/holds no files that end in \.jsonl/);
    await expect(shardPaths(["a.tar", "{a,b}.tar"], [".tar"])).rejects.toThrow(/a\.tar is named twice/);
  });
});

describe("what is damaged", () => {
  test("a torn tar gives what is before the tear, then says so", async () => {
    const whole = await readFile(fixture("pairs-000.tar"));
    const torn = join(folder, "torn.tar");
    // In the middle of the third picture.
    await writeFile(torn, whole.subarray(0, whole.indexOf("0000002.png") + 512 + 40));
    const shard = await sampleFormats.webdataset.open(options)(torn);
    const found: string[] = [];
    await expect(
      (async () => {
        for await (const { sample } of shard.samples(0, () => true)) found.push(sample.key);
      })(),
    ).rejects.toThrow(/torn\.tar is damaged or cut short, or no tar/);
    expect(found).toEqual(["0000000", "0000001"]);
    await shard.close();
  });

  test.each([
    ["webdataset", "no.tar", /no\.tar is damaged or cut short, or no tar/],
    ["parquet", "no.parquet", /no\.parquet is damaged, cut short, or no Parquet file/],
  ] as const)("what is no %s at all", async (kind, name, message) => {
    await writeFile(join(folder, name), "This is neither of both. ".repeat(100));
    await expect(all(kind, join(folder, name))).rejects.toThrow(message);
    await expect(all(kind, join(folder, "missing"))).rejects.toThrow(/missing cannot be read \(ENOENT/);
  });

  test("a header of a tar whose checksum is wrong", async () => {
    const bytes = await readFile(fixture("pairs-001.tar"));
    bytes[bytes.indexOf("0010003.png")] = 0x39;
    await writeFile(join(folder, "checksum.tar"), bytes);
    await expect(all("webdataset", join(folder, "checksum.tar"))).rejects.toThrow(/checksum/i);
  });

  test("a picture that is none, or of which a part is missing", async () => {
    const [first] = await all("webdataset", fixture("pairs-000.tar"));
    const [picture] = (first!.sample as Sample).pieces;
    if (picture?.kind !== "picture") throw new Error("no picture");
    await expect(readPicture({ ...picture, file: (picture.file as Uint8Array).subarray(0, 60) }, false)).rejects.toThrow(DataError);
    await expect(readPicture({ ...picture, file: "https://127.0.0.1/x.png" }, false)).rejects.toThrow(
      /is an address; with "fetchPictures": true it is fetched/,
    );
  });

  test("columns that are not there, or of the wrong type", async () => {
    const file = fixture("pairs-none.parquet");
    await expect(all("parquet", file, { text: "score" })).rejects.toThrow(/the column "score" of .*pairs-none\.parquet holds INT64, not text/);
    await expect(all("parquet", file, { image: "score" })).rejects.toThrow(/the column "score" .* not pictures, their paths or addresses/);
    await expect(all("parquet", file, { text: "title" })).rejects.toThrow(/has no column "title"; it has image, caption, score/);
  });
});

describe("shards behind addresses", () => {
  let server: Server;
  let address: string;
  let ranges = true;
  let sent = 0;
  /** What is wrong with the next answers, one after the other. */
  const faults: ("busy" | "broken" | "short")[] = [];
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const bytes = await readFile(fixture(request.url!.slice(1))).catch(() => undefined);
      const [, start, end] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
      if (bytes === undefined) return response.writeHead(404).end();
      const part = ranges && start !== undefined ? bytes.subarray(Number(start), end === "" ? undefined : Number(end) + 1) : bytes;
      const headers = {
        "Content-Length": part.length,
        ...(part === bytes ? {} : { "Content-Range": `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}` }),
      };
      const fault = faults.shift();
      if (fault === "busy") return response.writeHead(503).end();
      if (fault === "short") return response.writeHead(206, { ...headers, "Content-Length": part.length - 1 }).end(part.subarray(1));
      response.writeHead(part === bytes ? 200 : 206, headers);
      if (fault === "broken") return response.write(part.subarray(0, Math.floor(part.length / 2)), () => response.destroy());
      sent += part.length;
      return response.end(request.method === "HEAD" ? undefined : part);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test.each([true, false])("of a server with ranges: %s", async (has) => {
    ranges = has;
    expect(texts(await all("webdataset", `${address}/pairs-001.tar`))).toEqual(texts(await all("webdataset", fixture("pairs-001.tar"))));
    expect(texts(await all("parquet", `${address}/pairs-zstd.parquet`))).toEqual(texts(await all("parquet", fixture("pairs-zstd.parquet"))));
    await expect(all("webdataset", `${address}/missing.tar`)).rejects.toThrow(/missing\.tar cannot be fetched: the server answered 404/);
  });

  test.each([true, false])("of a server with ranges (%s) that fails now and then", async (has) => {
    ranges = has;
    faults.push("busy", "broken", ...(has ? ["short" as const] : []));
    expect(texts(await all("webdataset", `${address}/pairs-001.tar`))).toEqual(texts(await all("webdataset", fixture("pairs-001.tar"))));
    expect(faults).toEqual([]);
  });

  test("of a server that goes on failing are named with their address", async () => {
    ranges = true;
    const shard = await sampleFormats.webdataset.open(options)(`${address}/pairs-001.tar`);
    faults.push("busy", "broken", "short", "busy", "busy", "busy", "busy", "busy");
    await expect(shard.samples(0, () => true).next()).rejects.toThrow(
      expect.objectContaining({ name: "DataError", message: `${address}/pairs-001.tar cannot be fetched: the server answered 503 (tried 4 times)` }),
    );
    faults.length = 0;
    await shard.close();
  });

  test("a picture behind an address, where it is wanted", async () => {
    const file = "only.png";
    const [sample] = await all("webdataset", fixture("pairs-000.tar"));
    const picture = (sample!.sample as Sample).pieces[0] as { file: Uint8Array };
    await writeFile(join(folder, file), picture.file);
    await copyFile(join(folder, file), join(folder, "again.png"));
    ranges = true;
    sent = 0;
    await expect(readPicture({ kind: "picture", name: file, file: `${address}/none.png` }, true)).rejects.toThrow(/answered 404/);
    expect(sent).toBe(0);
  });
});
