/** What an operator decides. */
export interface ServeSettings {
  /** Whoever asks must say it; undefined: everybody may ask. */
  readonly apiKey?: string | undefined;
  /**
   * Names that a request may have for this machine; undefined: any. A page that somebody else wrote can make its own name lead here, and would then be taken for ours by the browser.
   */
  readonly hosts?: readonly string[] | undefined;
  /** Origins, such as `https://example.org`, whose pages may ask from a browser. A server's own page always may. */
  readonly allowedOrigins: readonly string[];
  /** Bytes of a request. */
  readonly maxBody: number;
  /** Pixels of a picture. */
  readonly maxPixels: number;
  /** Pictures of a request. */
  readonly maxImages: number;
  /** Hosts whose pictures may be named by their addresses: `example.org`, `*.example.org`, `*`. None: pictures come with the request. */
  readonly pictureHosts: readonly string[];
  /** Requests that are there at once, those that wait included. */
  readonly maxRequests: number;
  /** Milliseconds that a request may take, waiting included. */
  readonly timeout: number;
  /** Bytes of support sets in memory. */
  readonly supportMemory: number;
  /** Where support sets are kept in files: a folder, or a place in a bucket, `s3://bucket/prefix`; undefined: nowhere. */
  readonly supportFolder?: string | undefined;
  /** Bytes of support sets in files. */
  readonly supportDisk: number;
}

export const defaultSettings: ServeSettings = {
  allowedOrigins: [],
  maxBody: 32_000_000,
  maxPixels: 50_000_000,
  maxImages: 64,
  pictureHosts: [],
  maxRequests: 64,
  timeout: 120_000,
  supportMemory: 1_000_000_000,
  supportDisk: 10_000_000_000,
};
