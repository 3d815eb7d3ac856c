const key = new TextEncoder().encode("tokenizer.ggml.token_type");

/** A GGUF file in which some more tokens stand for no text, so that they can be markers. */
export function withControlTokens(file: Uint8Array, ids: readonly number[]): Uint8Array {
  const bytes = Buffer.from(file);
  // After the key: that it is a list, of int32, how long, and its values.
  const values = bytes.indexOf(key) + key.length + 4 + 4 + 8;
  for (const id of ids) bytes.writeInt32LE(3, values + 4 * id);
  return bytes;
}
