/** The data room's public face (`flamingo-vlm/data`): what a recipe builds documents from. */

export type { DocumentPiece, InterleavedDocument, Markers } from "./document.ts";
export { DataError } from "./errors.ts";
export { type DecodeOptions, loadPicture, type Picture, type PictureSource } from "./image.ts";
export type { PrepareData, ShowProgress } from "./prepare.ts";
export { fitted } from "./preprocessing.ts";
export { hashFraction, Random } from "./random.ts";
export { type TarEntry, tarOf } from "./samples/tar-writer.ts";
export { jsonOf, textOf } from "./text-file.ts";
