import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { writeWhole } from "../src/data/platform/node-write.ts";
import { mmc4Options } from "../src/data/samples/mmc4.ts";
import { readPicture } from "../src/data/samples/read-picture.ts";
import { SampleStream } from "../src/data/samples/sample-stream.ts";
import { openWebdataset } from "../src/data/samples/webdataset.ts";
import type { Figure } from "./measure.ts";
import { median } from "./measure.ts";

const [width, height, shards, variants] = [640, 480, 4, 50];
/** Decoded at once, as the pictures of a batch are. */
const together = 16;

/** JPEGs from tars to pixels against sharp decoding the same bytes from memory and nothing else. @param pictures - 10,000 for the figure that is wanted */
export async function dataFigures(rounds: number, pictures = 10_000): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-bench-data-"));
  try {
    const files = await Promise.all(Array.from({ length: variants }, (_, i) => jpeg(i)));
    const paths = Array.from({ length: shards }, (_, shard) => join(folder, `${shard}.tar`));
    const each = Math.ceil(pictures / shards);
    for (const path of paths) await writeWhole(path, tarOf(Array.from({ length: each }, (_, i) => files[i % variants]!)));
    const ratios: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const bare = await seconds(() =>
        inParts(each * shards, (i) =>
          sharp(files[i % variants]!, { failOn: "warning" })
            .toColourspace("srgb")
            .raw({ depth: "uchar" })
            .toBuffer(),
        ),
      );
      const stream = await SampleStream.open({
        name: "bench",
        seed: 1,
        shards: paths,
        open: openWebdataset({ mmc4: mmc4Options.parse({}) }),
        reader: { index: 0, count: 1 },
        shuffle: 1000,
        badShare: 0,
      });
      // One after the other, while others decode.
      let drawing: ReturnType<typeof stream.draw> = Promise.resolve(undefined);
      const next = () => (drawing = drawing.then(() => stream.draw()));
      const whole = await seconds(() =>
        inParts(each * shards, async () => {
          const picture = (await next())!.sample.pieces[0]!;
          if (picture.kind !== "picture") throw new Error("a sample without its picture first");
          return readPicture(picture, false);
        }),
      );
      await stream.close();
      ratios.push(bare / whole);
      ours.push(whole);
    }
    return [
      { name: `data: ${each * shards} JPEGs of ${width} x ${height} from tars to pixels`, value: (each * shards) / median(ours), unit: "/s" },
      { name: "data: as fast as sharp decoding bare", value: median(ratios), unit: "x", target: "at least 0.9" },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function inParts(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) await work(i);
  };
  await Promise.all(Array.from({ length: together }, worker));
}

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1000;
}

/** As detailed as a photograph is: smooth with some noise. */
function jpeg(seed: number): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  let state = seed + 1;
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    pixels[i] = 128 + 90 * Math.sin((i % (3 * width)) / (200 + seed)) + (state >> 26);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}

/** A tar of `N.jpg` and `N.txt`. */
function tarOf(files: readonly Buffer[]): Buffer {
  return Buffer.concat([...files.flatMap((file, i) => [...member(`${i}.jpg`, file), ...member(`${i}.txt`, Buffer.from(`picture ${i}`))]), Buffer.alloc(1024)]);
}

function member(name: string, content: Buffer): readonly Buffer[] {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("        0", 148);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}
