import { platform } from "#data-platform";
import { checkPictureFile, defaultMaxPixels, loadPicture } from "../image.ts";
import { pictureKind } from "../picture-file.ts";
import { differenceHash } from "./difference-hash.ts";
import { readPage } from "./html-pieces.ts";
import { HashIndex } from "./near-duplicates.ts";
import { pageText } from "./page-text.ts";
import { isSingleColour, type PictureFlaw, type PictureRules, sizeFlaw } from "./picture-rules.ts";

/** Why a file is not there. */
export type FetchFailure =
  | "missing"
  | "refused"
  | "server error"
  | "timed out"
  | "broken off"
  | "too large"
  | "outside the folder"
  | "bad address"
  | "not public"
  | "not fetched";
export type Fetched = { readonly bytes: Uint8Array /** As its server names it. */; readonly type?: string | undefined } | { readonly failure: FetchFailure };
/** The file behind an address. */
export type FetchFile = (address: string) => Promise<Fetched>;

export interface PageRules extends PictureRules {
  /** Words of a page. */
  readonly leastWords: number;
  /** Pages that say that they are in another one are left out, such as `en`. */
  readonly language?: string | undefined;
}

/** What became of a page, and of each of its pictures: each has one outcome. */
export type PageOutcome = "kept" | "no pictures" | "few words" | "other language" | "no page" | FetchFailure;
export type PictureOutcome = "kept" | PictureFlaw | "repeated in the page" | "repeated in many pages" | "no picture" | "page left out" | FetchFailure;
export type Outcomes<Outcome extends string> = Partial<Record<Outcome, number>>;

export interface KeptPicture {
  readonly kind: "picture";
  readonly file: Uint8Array;
  /** Of its file's name, such as `png`. */
  readonly ending: string;
  readonly hash: string;
}
export type GatheredPiece = { readonly kind: "text"; readonly text: string } | KeptPicture;

export interface GatheredPage {
  readonly address: string;
  readonly outcome: PageOutcome;
  /** Empty unless it is kept. */
  readonly pieces: readonly GatheredPiece[];
  readonly pictures: Outcomes<PictureOutcome>;
}

type Examined = KeptPicture | { readonly kind: "left out"; readonly outcome: PictureOutcome };

/** Makes documents of pages. What was found out of a picture is remembered for a while: pages of a site share theirs. */
export class PageGatherer {
  private readonly fetchFile: FetchFile;
  private readonly rules: PageRules;
  private readonly examined = new Map<string, Promise<Examined>>();

  constructor(fetchFile: FetchFile, rules: PageRules) {
    this.fetchFile = fetchFile;
    this.rules = rules;
  }

  async gather(address: string): Promise<GatheredPage> {
    const { leastWords, language } = this.rules;
    const fetched = await this.fetchFile(address);
    const leave = (outcome: PageOutcome, pictures: Outcomes<PictureOutcome> = {}): GatheredPage => ({ address, outcome, pieces: [], pictures });
    if ("failure" in fetched) return leave(fetched.failure);
    if (pictureKind(fetched.bytes) !== undefined || fetched.bytes.subarray(0, 1024).includes(0)) return leave("no page");
    const page = readPage(pageText(fetched.bytes, fetched.type));
    const found = page.pieces.filter((piece) => piece.kind === "picture");
    const all = found.length === 0 ? {} : { "page left out": found.length };
    if (language !== undefined && page.language !== undefined && page.language.toLowerCase().split("-")[0] !== language) return leave("other language", all);
    if (found.length === 0) return leave("no pictures");
    if (page.pieces.reduce((sum, piece) => sum + (piece.kind === "text" ? wordsIn(piece.text) : 0), 0) < leastWords) return leave("few words", all);
    const base = resolved(page.base, address) ?? address;
    const examined = await Promise.all(found.map(({ source }) => this.examine(source, base)));
    const pictures: Outcomes<PictureOutcome> = {};
    const seen = new HashIndex();
    const kept = examined.map((each): KeptPicture | undefined => {
      const repeated = each.kind === "picture" && seen.hasNear(each.hash);
      count(pictures, each.kind === "left out" ? each.outcome : repeated ? "repeated in the page" : "kept");
      if (each.kind === "left out" || repeated) return undefined;
      seen.add(each.hash);
      return each;
    });
    let next = 0;
    const pieces = page.pieces.flatMap((piece): GatheredPiece[] => {
      if (piece.kind === "text") return [piece];
      const picture = kept[next++];
      return picture === undefined ? [] : [picture];
    });
    return pieces.some(({ kind }) => kind === "picture") ? { address, outcome: "kept", pieces: joined(pieces), pictures } : leave("no pictures", pictures);
  }

  private examine(source: string, base: string): Promise<Examined> {
    const address = source.startsWith("data:") ? source : resolved(source, base);
    if (address === undefined) return Promise.resolve({ kind: "left out", outcome: "bad address" });
    const known = this.examined.get(address);
    if (known !== undefined) return known;
    const examining = examinePicture(address, this.fetchFile, this.rules);
    this.examined.set(address, examining);
    if (this.examined.size > mostRemembered) this.examined.delete(this.examined.keys().next().value!);
    return examining;
  }
}

const mostRemembered = 200;

async function examinePicture(address: string, fetchFile: FetchFile, rules: PageRules): Promise<Examined> {
  const fetched = await fetchFile(address);
  if ("failure" in fetched) return { kind: "left out", outcome: fetched.failure };
  const { bytes } = fetched;
  try {
    await checkPictureFile(bytes, address, defaultMaxPixels);
    const size = sizeFlaw(await platform.size(bytes), rules);
    if (size !== undefined) return { kind: "left out", outcome: size };
    const picture = await loadPicture(bytes, { name: address });
    if (isSingleColour(picture)) return { kind: "left out", outcome: "single colour" };
    return { kind: "picture", file: bytes, ending: endings[pictureKind(bytes) ?? "other"], hash: differenceHash(picture) };
  } catch {
    return { kind: "left out", outcome: "no picture" };
  }
}

const endings = { JPEG: "jpg", PNG: "png", WebP: "webp", GIF: "gif", AVIF: "avif", BMP: "bmp", other: "picture" } as const;

/** Texts on both sides of a picture that was left out are one. */
export function joined<Piece extends { readonly kind: string }>(pieces: readonly (Piece | { readonly kind: "text"; readonly text: string })[]): typeof pieces {
  const result: (Piece | { readonly kind: "text"; readonly text: string })[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last !== undefined && "text" in last && "text" in piece) result[result.length - 1] = { kind: "text", text: `${last.text}\n\n${piece.text}` };
    else result.push(piece);
  }
  return result;
}

export function count<Outcome extends string>(outcomes: Outcomes<Outcome>, outcome: Outcome, by = 1): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + by;
}

function wordsIn(text: string): number {
  return text.match(/\p{L}[\p{L}\p{M}'’-]*/gu)?.length ?? 0;
}

function resolved(address: string | undefined, base: string): string | undefined {
  if (address === undefined || !URL.canParse(address, base)) return undefined;
  const url = new URL(address, base);
  url.hash = "";
  return url.href;
}
