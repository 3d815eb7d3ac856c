import { brandsOf, textAt } from "./picture-file.ts";

/** A well-known kind of file that is no picture, or one that not every platform reads. */
export interface ForeignKind {
  /** As a person calls it. */
  readonly name: string;
  readonly is: "picture" | "video" | "document";
  /** What a platform may say that it reads. */
  readonly format?: "TIFF" | "SVG";
}

/** From the first bytes alone. */
export function foreignKind(bytes: Uint8Array): ForeignKind | undefined {
  const brands = brandsOf(bytes);
  if (brands.some((brand) => /^(?:hei[cxms]|hev[cx]|mif1|msf1)$/.test(brand))) return { name: "a HEIC picture", is: "picture" };
  if (brands[0] === "crx ") return { name: "a camera's raw picture", is: "picture" };
  if (brands[0] === "qt  ") return { name: "a QuickTime video", is: "video" };
  if (brands.length > 0) return { name: "an MP4 video", is: "video" };
  const start = textAt(bytes, 0, 1024);
  if (start.startsWith("RIFF") && start.startsWith("AVI ", 8)) return { name: "an AVI video", is: "video" };
  const binary = signatures.find(([signature]) => start.startsWith(signature))?.[1];
  return binary ?? texts.find(([pattern]) => pattern.test(start))?.[1];
}

const signatures: readonly (readonly [string, ForeignKind])[] = [
  ["\x1a\x45\xdf\xa3", { name: "a WebM or Matroska video", is: "video" }],
  ["\0\0\x01\xba", { name: "an MPEG video", is: "video" }],
  ["\0\0\x01\xb3", { name: "an MPEG video", is: "video" }],
  ...["II*\0", "MM\0*", "II+\0", "MM\0+"].map((signature) => [signature, { name: "a TIFF picture", is: "picture", format: "TIFF" }] as const),
  ["\xff\x0a", { name: "a JPEG XL picture", is: "picture" }],
  ["\0\0\0\x0cJXL ", { name: "a JPEG XL picture", is: "picture" }],
  ["\xff\x4f\xff\x51", { name: "a JPEG 2000 picture", is: "picture" }],
  ["\0\0\0\x0cjP  ", { name: "a JPEG 2000 picture", is: "picture" }],
  ["\0\0\x01\0", { name: "an icon (ICO)", is: "picture" }],
  ["8BPS", { name: "a Photoshop picture", is: "picture" }],
  ["FUJIFILMCCD-RAW", { name: "a camera's raw picture", is: "picture" }],
  ["%PDF-", { name: "a PDF document", is: "document" }],
  ["version https://git-lfs", { name: "a pointer of Git LFS", is: "document" }],
];

const texts: readonly (readonly [RegExp, ForeignKind])[] = [
  [/^P[1-7]\s/, { name: "a PNM picture", is: "picture" }],
  [/^BM.{12}.\0{3}/s, { name: "a BMP picture of a rare form", is: "picture" }],
  [/^(?:\xef\xbb\xbf)?\s*(?:<(?:\?xml [^>]*|!--.*?--)>\s*)*<(?:!doctype html|html|head|body)[\s>]/is, { name: "a web page", is: "document" }],
  [/^(?:\xef\xbb\xbf)?\s*<(?:.*<)?svg[\s>]/s, { name: "an SVG drawing", is: "picture", format: "SVG" }],
];
