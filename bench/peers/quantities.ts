/** How the tables write quantities: three digits and a unit. */

export function time(seconds: number): string {
  return seconds >= 1 ? `${seconds.toPrecision(3)} s` : milliseconds(seconds);
}

export function milliseconds(seconds: number): string {
  return `${(1000 * seconds).toPrecision(3)} ms`;
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toPrecision(3)} GB`;
}
