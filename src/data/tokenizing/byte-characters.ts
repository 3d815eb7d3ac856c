/** GPT-2 writes each byte as a visible character: printable Latin-1 as itself, the others from U+0100 on. */
export const characterOfByte: readonly string[] = (() => {
  const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

const byteOfCharacter = new Map(characterOfByte.map((character, byte) => [character, byte]));
const encoder = new TextEncoder();

/** UTF-8 in visible characters. */
export function asByteCharacters(text: string): string {
  return Array.from(encoder.encode(text), (byte) => characterOfByte[byte]!).join("");
}

/** The bytes that a token stands for. One with any other character in it, as added tokens may have, is text. */
export function bytesOf(token: string): Uint8Array {
  const bytes = Array.from(token, (character) => byteOfCharacter.get(character) ?? -1);
  return bytes.includes(-1) ? encoder.encode(token) : Uint8Array.from(bytes);
}
