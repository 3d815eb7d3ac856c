/** Throws a CheckpointError about the file that is being read. */
export type Fail = (problem: string) => never;

/** Where a tensor lies: bytes `start … end-1` of a file's body. */
export interface Place {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Every tensor lies within the `length` bytes that there are, and on no other tensor. */
export function checkPlaces(places: readonly Place[], length: number, fail: Fail): void {
  let end = 0;
  for (const place of [...places].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (place.start < end) fail(`tensor ${place.name} overlaps another one; the file is damaged`);
    end = place.end;
    if (end > length) fail(`tensor ${place.name} ends at byte ${end} of ${length}; the download or copy was interrupted, fetch it again`);
  }
}

export function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}
