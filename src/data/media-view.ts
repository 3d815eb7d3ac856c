/** Which media each token of a batch sees, as the graphs want to be told (`model/fusion/media-view.ts`). */

/** One row of a batch. */
export interface MediaRow {
  /** For each token the index of the last medium of the row at or before it; -1 when there is none. */
  readonly mediaOf: readonly number[];
  /** Where the row's media begin in the list of all. Default: after those of the row before. Rows that show the same media may share them. */
  readonly first?: number;
}

interface WholeNumbers {
  readonly dtype: "int64";
  readonly shape: readonly [number, number];
  readonly data: BigInt64Array;
}

export interface LastMediumFeeds {
  readonly segmentTokens: WholeNumbers; // [media, segment]
  readonly segmentSlots: WholeNumbers; // [batch, tokens]
}

export interface AllMediaFeeds {
  readonly firstMedium: WholeNumbers; // [batch, tokens]
  readonly endMedium: WholeNumbers; // [batch, tokens]
}

export interface MediaViewOptions<Attend extends "last" | "all"> {
  /** Tokens per row after padding on the right; what a row has beyond is left out. */
  readonly tokens: number;
  readonly attend: Attend;
  /** Media in the list of all; there may be some that nobody sees. Default: as many as the rows name. */
  readonly media?: number;
  /** Places for text of each medium, if only as padding: for a caller who wants products of one form, whatever there is to read. Default: 1. */
  readonly leastSegment?: number;
}

/** Media of all rows are in one list. A batch without any media gets one that nobody sees. */
export function mediaView(rows: readonly MediaRow[], options: MediaViewOptions<"last">): LastMediumFeeds;
export function mediaView(rows: readonly MediaRow[], options: MediaViewOptions<"all">): AllMediaFeeds;
export function mediaView(rows: readonly MediaRow[], options: MediaViewOptions<"last" | "all">): LastMediumFeeds | AllMediaFeeds;
export function mediaView(
  rows: readonly MediaRow[],
  { tokens, attend, media: given, leastSegment = 1 }: MediaViewOptions<"last" | "all">,
): LastMediumFeeds | AllMediaFeeds {
  const first: number[] = [];
  let end = 0;
  for (const row of rows) {
    const start = row.first ?? end;
    first.push(start);
    end = start + row.mediaOf.reduce((highest, medium) => Math.max(highest, medium), -1) + 1;
  }
  const seen = rows.map(({ mediaOf }, row) =>
    Array.from({ length: tokens }, (_, token) => (mediaOf[token] === undefined || mediaOf[token] < 0 ? -1 : first[row]! + mediaOf[token])),
  );
  const media = Math.max(1, given ?? end);
  return attend === "last" ? lastMedium(seen, media, tokens, leastSegment) : allMedia(seen, first, tokens);
}

function lastMedium(seen: readonly (readonly number[])[], media: number, tokens: number, least: number): LastMediumFeeds {
  const segments = Array.from({ length: media }, (): number[] => []);
  seen.forEach((row, i) => {
    row.forEach((medium, token) => {
      if (medium >= 0) segments[medium]!.push(i * tokens + token);
    });
  });
  const segment = Math.max(least, ...segments.map(({ length }) => length));
  const places = new BigInt64Array(media * segment);
  const slots = new BigInt64Array(seen.length * tokens).fill(BigInt(media * segment));
  segments.forEach((positions, medium) => {
    positions.forEach((position, i) => {
      places[medium * segment + i] = BigInt(position);
      slots[position] = BigInt(medium * segment + i);
    });
  });
  return {
    segmentTokens: { dtype: "int64", shape: [media, segment], data: places },
    segmentSlots: { dtype: "int64", shape: [seen.length, tokens], data: slots },
  };
}

function allMedia(seen: readonly (readonly number[])[], first: readonly number[], tokens: number): AllMediaFeeds {
  const shape: [number, number] = [seen.length, tokens];
  const begin = seen.flatMap((row, i) => row.map(() => BigInt(first[i]!)));
  const end = seen.flatMap((row, i) => row.map((medium) => BigInt(medium < 0 ? first[i]! : medium + 1)));
  return {
    firstMedium: { dtype: "int64", shape, data: BigInt64Array.from(begin) },
    endMedium: { dtype: "int64", shape, data: BigInt64Array.from(end) },
  };
}
