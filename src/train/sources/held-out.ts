import { hashFraction } from "../../data/random.ts";
import type { Sample, SampleMedium } from "../../data/samples/sample.ts";

/**
 * Whether a sample belongs to the share that is held out. Samples with one picture or video lie on one side together, whatever is said of it, and in every run, wherever the data lies: it depends on the name that the data gives the file,
 * on its bytes where these are in the data, or on the key where there is neither.
 */
export function isHeldOut({ key, pieces }: Sample, share: number): boolean {
  const medium = pieces.find((piece) => piece.kind !== "text");
  return hashFraction(`held out ${medium === undefined ? key : identityOf(medium)}`) < share;
}

function identityOf({ name, file }: SampleMedium): string {
  if (typeof file === "string") return name;
  // FNV-1a (Fowler, Noll and Vo)
  let hash = 0x811c9dc5;
  for (const byte of file) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${file.length} ${hash >>> 0}`;
}
