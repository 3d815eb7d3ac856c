/**
 * Does several pieces of work at the same time.
 * @param work - given a signal that gives up when another piece failed
 * @returns results in the order in which they are there
 */
export async function* asCompleted<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  signal: AbortSignal | undefined,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Result> {
  const ended = new AbortController();
  const given = AbortSignal.any([ended.signal, ...(signal === undefined ? [] : [signal])]);
  const running = new Map<number, Promise<{ readonly key: number; readonly result: Result }>>();
  let next = 0;
  try {
    while (next < items.length || running.size > 0) {
      signal?.throwIfAborted();
      while (next < items.length && running.size < atOnce) {
        const key = next++;
        const begun = work(items[key]!, given).then((result) => ({ key, result }));
        // One that fails while another is waited for is seen when its turn comes.
        begun.catch(() => {});
        running.set(key, begun);
      }
      const { key, result } = await Promise.race(running.values());
      running.delete(key);
      yield result;
    }
  } finally {
    ended.abort();
    await Promise.allSettled(running.values());
  }
}
