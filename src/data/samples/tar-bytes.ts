/** Files as a tar, in the form of POSIX (ustar), always the same bytes for the same files. */

const blockBytes = 512;

/** @param files - by their names, of ASCII and at most 100 characters @throws Error when a name is none such */
export function tarBytes(files: Iterable<readonly [name: string, bytes: Uint8Array]>): Uint8Array {
  const parts = [...files].flatMap(([name, bytes]) => [header(name, bytes.length), bytes, new Uint8Array(-bytes.length & (blockBytes - 1))]);
  parts.push(new Uint8Array(2 * blockBytes));
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

function header(name: string, size: number): Uint8Array {
  if (!/^[!-~]{1,100}$/.test(name))
    throw new Error(`${JSON.stringify(name)} is no name of a file in a tar: write at most 100 characters of ASCII without blanks`);
  const block = new Uint8Array(blockBytes);
  const put = (at: number, text: string): void => block.set(new TextEncoder().encode(text), at);
  put(0, name);
  put(100, ["0000644", "0000000", "0000000", size.toString(8).padStart(11, "0"), "00000000000", `${" ".repeat(8)}0`].join("\0"));
  put(257, "ustar\x0000");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}
