/** 16-bit floating point numbers, as bit patterns. */

const exponents = new Float32Array(1);
const bitsOf = new Uint32Array(exponents.buffer);

/** IEEE 754 half precision to float32, exactly. */
export function float16ToFloat32(half: Uint16Array): Float32Array {
  const bits = new Uint32Array(half.length);
  for (let i = 0; i < half.length; i++) {
    const value = half[i]!;
    const sign = (value & 0x8000) << 16;
    const exponent = (value >> 10) & 0x1f;
    const fraction = value & 0x3ff;
    if (exponent === 0x1f) bits[i] = sign | 0x7f800000 | (fraction << 13);
    else if (exponent !== 0) bits[i] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else {
      exponents[0] = fraction * 2 ** -24; // zero, or a number too small for the usual form
      bits[i] = sign | bitsOf[0]!;
    }
  }
  return new Float32Array(bits.buffer);
}

/** float32 to half precision, to the nearest, ties to even. Too large numbers become infinite. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(source, (bits) => {
    const sign = (bits >>> 16) & 0x8000;
    const magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
    if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds to infinity
    if (magnitude < 0x38800000) {
      exponents[0] = 0;
      bitsOf[0] = magnitude;
      return sign | roundToEven(exponents[0]! * 2 ** 24);
    }
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  });
}

/** bfloat16 to float32, exactly. */
export function bfloat16ToFloat32(values: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(values, (value) => value << 16).buffer);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
