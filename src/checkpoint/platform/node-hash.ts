import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** SHA-256 of a whole file, in hexadecimal; read piece by piece, whatever its size. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest("hex");
}
