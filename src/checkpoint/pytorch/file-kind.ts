import type { ByteSource } from "../../data/byte-source.ts";

const saveAgain = "load it in PyTorch and save its state_dict again with torch.save (1.6 or later)";

/** The number by which files of PyTorch before 1.6 begin, pickled by protocol 2. */
const legacyStart = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const zipStart = [0x50, 0x4b, 0x03, 0x04];

/** @returns why a file that is no zip archive cannot be read, and what to do; undefined when it is one */
export async function reasonAgainst(source: ByteSource): Promise<string | undefined> {
  const head = await source.read(0, Math.min(source.size, legacyStart.length));
  const startsWith = (bytes: readonly number[]): boolean => bytes.every((byte, i) => head[i] === byte);
  if (startsWith(zipStart)) return undefined;
  if (startsWith(legacyStart)) return `it is of the format of PyTorch before 1.6, which is not read; ${saveAgain}`;
  if (head[0] === 0x80) return `it is a pickle without PyTorch's archive around it, which is not read; ${saveAgain}`;
  return "it is not a file of torch.save, which is a zip archive; it is damaged or another format";
}
