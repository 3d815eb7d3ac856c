/** Files that are not quite as they should be, that Pillow and browsers read, and that show what the regular file shows. */
export interface IrregularPicture {
  readonly what: string;
  /** Of `test/fixtures/data/pictures`. */
  readonly file: string;
  change(bytes: Uint8Array): Uint8Array;
}

const bytesOfText = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const inserted = (bytes: Uint8Array, at: number, more: readonly number[]): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, at), ...more, ...bytes.subarray(at)]);
const replaced = (bytes: Uint8Array, at: number, more: readonly number[]): Uint8Array => bytes.map((byte, i) => more[i - at] ?? byte);

/** Where a marker of a JPEG stands. */
function markerAt(bytes: Uint8Array, marker: number, from = 0): number {
  for (let at = from; at < bytes.length; at++) if (bytes[at] === 0xff && bytes[at + 1] === marker) return at;
  throw new Error("there is no such marker");
}

/** What stands at the end of the header of a scan: the first and last coefficient, and their bits. */
const parametersOfScan = (bytes: Uint8Array): number => {
  const scan = markerAt(bytes, 0xda);
  return scan + 2 + 256 * bytes[scan + 2]! + bytes[scan + 3]! - 3;
};

/** A chunk of a PNG after its header; its checksum is wrong. */
const chunk =
  (name: string, content: readonly number[]) =>
  (bytes: Uint8Array): Uint8Array =>
    inserted(bytes, 33, [0, 0, 0, content.length, ...bytesOfText(name), ...content, 1, 2, 3, 4]);

const jpegs = ["orientation-1.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg"];

export const irregularPictures: readonly IrregularPicture[] = [
  ...["orientation-1.jpg", "grey.jpg", "cmyk.jpg"].flatMap((file) =>
    [
      [0, 0, 0],
      [0, 63, 16],
      [1, 5, 0],
    ].map((parameters) => ({
      what: `${file} with ${parameters} at the start of its scan`,
      file,
      change: (bytes: Uint8Array) => replaced(bytes, parametersOfScan(bytes), parameters),
    })),
  ),
  ...jpegs.flatMap((file) => [
    { what: `${file} with bytes before its scan`, file, change: (bytes: Uint8Array) => inserted(bytes, markerAt(bytes, 0xda), [0, 17, 34]) },
    { what: `${file} with bytes before its tables`, file, change: (bytes: Uint8Array) => inserted(bytes, markerAt(bytes, 0xdb), [1]) },
    { what: `${file} with markers filled up`, file, change: (bytes: Uint8Array) => inserted(bytes, markerAt(bytes, 0xda), [0xff, 0xff]) },
    {
      what: `${file} with something after its end`,
      file,
      change: (bytes: Uint8Array) => inserted(bytes, bytes.length, bytesOfText("a film, as some telephones have it")),
    },
    { what: `${file} with zeros after its end`, file, change: (bytes: Uint8Array) => inserted(bytes, bytes.length, new Array(5000).fill(0)) },
    { what: `${file} with two ends`, file, change: (bytes: Uint8Array) => inserted(bytes, bytes.length, [0xff, 0xd9]) },
    { what: `${file} with bytes before its end`, file, change: (bytes: Uint8Array) => inserted(bytes, bytes.length - 2, [0, 1, 2]) },
  ]),
  { what: "a JPEG of JFIF 2", file: "orientation-1.jpg", change: (bytes) => replaced(bytes, markerAt(bytes, 0xe0) + 9, [2]) },
  {
    what: "a JPEG with restarts that are counted wrongly",
    file: "restarts.jpg",
    change: (bytes) => replaced(bytes, markerAt(bytes, 0xd0, markerAt(bytes, 0xda)), [0xff, 0xd3]),
  },
  {
    what: "a JPEG with two faults in its header",
    file: "orientation-1.jpg",
    change: (bytes) => inserted(replaced(bytes, parametersOfScan(bytes), [0, 0, 0]), markerAt(bytes, 0xda), [7, 7]),
  },
  { what: "a PNG with a text whose checksum is wrong", file: "rgb.png", change: chunk("tEXt", bytesOfText("a\0b")) },
  { what: "a PNG with a text that is broken", file: "rgb.png", change: chunk("zTXt", bytesOfText("a\0\0none")) },
  { what: "a PNG with a profile that is broken", file: "rgb.png", change: chunk("iCCP", bytesOfText("a\0\0none")) },
  { what: "a PNG with impossible bits", file: "rgb.png", change: chunk("sBIT", [9, 9, 9]) },
  { what: "a PNG with a chunk that nobody knows", file: "rgb.png", change: chunk("prVt", [1]) },
  { what: "a PNG with something after its end", file: "rgb.png", change: (bytes) => inserted(bytes, bytes.length, bytesOfText("and more")) },
  { what: "a PNG without its end", file: "rgb.png", change: (bytes) => bytes.subarray(0, bytes.length - 12) },
  { what: "a PNG without its last bytes", file: "rgb.png", change: (bytes) => bytes.subarray(0, bytes.length - 4) },
  { what: "a GIF without its end", file: "still.gif", change: (bytes) => bytes.subarray(0, bytes.length - 1) },
  { what: "a GIF with another end", file: "still.gif", change: (bytes) => replaced(bytes, bytes.length - 1, [0]) },
  { what: "a GIF with something after its end", file: "still.gif", change: (bytes) => inserted(bytes, bytes.length, bytesOfText("and more")) },
  { what: "a WebP with something after its end", file: "lossy.webp", change: (bytes) => inserted(bytes, bytes.length, bytesOfText("and more")) },
  {
    what: "a WebP with a chunk that nobody knows",
    file: "alpha-lossless.webp",
    change: (bytes) =>
      replaced(inserted(bytes, bytes.length, [...bytesOfText("JUNK"), 2, 0, 0, 0, 1, 2]), 4, [(bytes.length + 2) & 255, (bytes.length + 2) >> 8]),
  },
  {
    what: "an AVIF with something after its end",
    file: "rgb.avif",
    change: (bytes) => inserted(bytes, bytes.length, [0, 0, 0, 16, ...bytesOfText("free"), 0, 0, 0, 0, 0, 0, 0, 0]),
  },
  { what: "a BMP with something after its end", file: "bmp-24-bit.bmp", change: (bytes) => inserted(bytes, bytes.length, bytesOfText("and more")) },
  ...["bmp-24-bit.bmp", "bmp-8-bit.bmp", "bmp-16-bit-masks-565.bmp"].map((file) => ({
    what: `${file} that does not say where its pixels begin`,
    file,
    change: (bytes: Uint8Array) => replaced(bytes, 10, [0, 0, 0, 0]),
  })),
  { what: "a BMP that says a wrong length", file: "bmp-24-bit.bmp", change: (bytes) => replaced(bytes, 2, [1, 0, 0, 0]) },
];
