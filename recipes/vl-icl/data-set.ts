import sharp from "sharp";

/** A data set in the form that the authors of VL-ICL Bench publish theirs in. */
export interface DataSet {
  /** Content of `query.json` and `support.json`. */
  readonly query: readonly unknown[];
  readonly support: readonly unknown[];
  /** Its pictures by the paths that those name. */
  readonly pictures: ReadonlyMap<string, () => Promise<Uint8Array> | Uint8Array>;
}

/** How pictures are written: at this quality what is lost cannot be seen. */
export const webp = { quality: 90, effort: 1 } as const;

/** A drawing as a file. @param size - its edge in pixels */
export function drawn(size: number, content: string): Promise<Uint8Array> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}">${content}</svg>`;
  return sharp(Buffer.from(svg)).flatten({ background: "white" }).webp(webp).toBuffer();
}
