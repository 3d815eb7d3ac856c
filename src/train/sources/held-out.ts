import { hashFraction } from "../../data/random.ts";
import type { Sample, SamplePicture } from "../../data/samples/sample.ts";

/**
 * Whether a sample belongs to the share that is held out. Samples with one picture lie on one side together, whatever is said of it, and in every run: it depends on the picture alone, or on the key where there is none.
 */
export function isHeldOut({ key, pieces }: Sample, share: number): boolean {
  const picture = pieces.find((piece) => piece.kind === "picture");
  return hashFraction(`held out ${picture === undefined ? key : identityOf(picture)}`) < share;
}

function identityOf({ file }: SamplePicture): string {
  if (typeof file === "string") return file;
  // FNV-1a (Fowler, Noll and Vo)
  let hash = 0x811c9dc5;
  for (const byte of file) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${file.length} ${hash >>> 0}`;
}
