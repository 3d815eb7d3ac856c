/** One shard of documents: gathered from its pages, then finished when it is known which pictures many pages show. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  count,
  type GatheredPage,
  joined,
  type KeptPicture,
  type Outcomes,
  PageGatherer,
  type PageOutcome,
  type PageRules,
  type PictureOutcome,
} from "../documents/gather-page.ts";
import { BlockReader } from "../samples/block-reader.ts";
import { tarFiles } from "../samples/tar.ts";
import { tarBytes } from "../samples/tar-bytes.ts";
import { fileSource } from "./node-file.ts";
import { type PageFilesOptions, pageFiles } from "./node-page-files.ts";
import { writeWhole } from "./node-write.ts";

/** What is made of which pages: whatever a document depends on. */
export interface DocumentsPlan {
  readonly format: 1;
  readonly pagesPerShard: number;
  readonly rules: PageRules;
  /** Pages that may show a picture. */
  readonly mostRepeats: number;
  readonly files: Omit<PageFilesOptions, "signal">;
  /** Addresses. */
  readonly pages: readonly string[];
}

/** What is known of a shard that was gathered; its documents lie beside. */
export interface GatheredShard {
  readonly pages: Outcomes<PageOutcome>;
  readonly pictures: Outcomes<PictureOutcome>;
  /** Of the pictures of each document. */
  readonly hashes: readonly (readonly string[])[];
}

export interface FinishedShard {
  readonly pages: Outcomes<PageOutcome>;
  readonly pictures: Outcomes<PictureOutcome>;
}

type StoredPiece = { readonly text: string } | { readonly image: string; readonly hash: string };
interface StoredDocument {
  readonly url: string;
  readonly pieces: readonly StoredPiece[];
}

/** Pages of a shard that are read at the same time. */
const atOnce = 8;

export function shardName(number: number): string {
  return String(number).padStart(5, "0");
}

export const gatheredFolder = "gathered";

/** Writes the documents of a shard's pages, with all pictures that are good by themselves. What tells that it is done comes last. */
export async function gatherShard({ pages, pagesPerShard, rules, files }: DocumentsPlan, shard: number, out: string, signal: AbortSignal): Promise<void> {
  const addresses = pages.slice(shard * pagesPerShard, (shard + 1) * pagesPerShard);
  const gatherer = new PageGatherer(pageFiles({ ...files, signal }), rules);
  const gathered: GatheredPage[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < addresses.length) {
      signal.throwIfAborted();
      const number = next++;
      gathered[number] = await gatherer.gather(addresses[number]!);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const summary = { pages: {} as Outcomes<PageOutcome>, pictures: {} as Outcomes<PictureOutcome>, hashes: [] as string[][] };
  const members: [string, Uint8Array][] = [];
  gathered.forEach(({ address, outcome, pieces, pictures }, number) => {
    count(summary.pages, outcome);
    add(summary.pictures, pictures);
    if (outcome !== "kept") return;
    const kept = pieces.filter((piece): piece is KeptPicture => piece.kind === "picture");
    summary.hashes.push(kept.map(({ hash }) => hash));
    const document = {
      url: address,
      pieces: pieces.map((piece) => (piece.kind === "text" ? { text: piece.text } : { image: nameOf(kept.indexOf(piece), piece.ending), hash: piece.hash })),
    };
    const key = `${shardName(shard)}-${shardName(number)}`;
    members.push([`${key}.json`, json(document)], ...kept.map(({ file, ending }, i): [string, Uint8Array] => [`${key}.${nameOf(i, ending)}`, file]));
  });
  const name = join(out, gatheredFolder, shardName(shard));
  await writeWhole(`${name}.tar`, tarBytes(members), { makeFolders: true });
  await writeWhole(`${name}.json`, json(summary));
}

function nameOf(number: number, ending: string): string {
  return `${number}.${ending}`;
}

/** Writes a shard without pictures that many pages show, and without documents that are left without pictures. */
export async function finishShard(shard: number, out: string, repeated: ReadonlySet<string>): Promise<FinishedShard> {
  const gathered = join(out, gatheredFolder, shardName(shard));
  const { hashes: _, ...outcomes } = JSON.parse(await readFile(`${gathered}.json`, "utf8")) as GatheredShard;
  const { pages, pictures } = { pages: { ...outcomes.pages }, pictures: { ...outcomes.pictures } };
  const members: [string, Uint8Array][] = [];
  const source = await fileSource(`${gathered}.tar`);
  try {
    const reader = new BlockReader(source);
    let wanted = new Set<string>();
    for await (const { name, start, end } of tarFiles(reader, source.name)) {
      const key = name.slice(0, name.indexOf("."));
      if (!name.endsWith(".json")) {
        if (wanted.has(name)) members.push([name, await reader.read(start, end)]);
        continue;
      }
      const document = JSON.parse(new TextDecoder().decode(await reader.read(start, end))) as StoredDocument;
      const left = document.pieces.filter((piece) => "text" in piece || !repeated.has(piece.hash));
      const dropped = document.pieces.length - left.length;
      if (dropped > 0) {
        count(pictures, "kept", -dropped);
        count(pictures, "repeated in many pages", dropped);
      }
      const images = left.flatMap((piece) => ("image" in piece ? [piece.image] : []));
      wanted = new Set(images.map((image) => `${key}.${image}`));
      if (images.length === 0) {
        count(pages, "kept", -1);
        count(pages, "no pictures");
        continue;
      }
      const pieces = joined(
        left.map((piece) => ("text" in piece ? { kind: "text" as const, text: piece.text } : { kind: "image" as const, image: piece.image })),
      );
      members.push([name, json({ url: document.url, pieces: pieces.map(({ kind: _kind, ...piece }) => piece) })]);
    }
  } finally {
    await source.close();
  }
  // A shard without documents is a tar of none.
  await writeWhole(join(out, `documents-${shardName(shard)}.tar`), tarBytes(members));
  return { pages, pictures };
}

export function add<Outcome extends string>(to: Outcomes<Outcome>, from: Outcomes<Outcome>): void {
  for (const [outcome, by] of Object.entries(from) as [Outcome, number][]) count(to, outcome, by);
}

export function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}
