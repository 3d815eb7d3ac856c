/** How the tables write quantities: three digits and a unit. */

export function time(seconds: number): string {
  return seconds >= 1 ? `${threeDigits(seconds)} s` : milliseconds(seconds);
}

export function milliseconds(seconds: number): string {
  return `${threeDigits(1000 * seconds)} ms`;
}

/** Never as a power of ten. */
function threeDigits(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toPrecision(3)} GB`;
}
