/** TensorFlow's record files: each record behind its length, both with a checksum (`tensorflow/core/lib/io/record_writer.h`). */

const polynomial = 0x82f63b78;

const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ polynomial : remainder >>> 1;
  return remainder;
});

/** Castagnoli's checksum, as iSCSI has it (RFC 3720). */
function crc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) remainder = table[(remainder ^ byte) & 0xff]! ^ (remainder >>> 8);
  return ~remainder >>> 0;
}

/** Turned and moved, so that a checksum of something that holds its own checksum is worth something. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** @returns length (uint64), its checksum, the record and its checksum; all little endian */
export function tfRecord(record: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + 4 + record.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(record.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(record, 12);
  view.setUint32(12 + record.length, masked(crc32c(record)), true);
  return bytes;
}
