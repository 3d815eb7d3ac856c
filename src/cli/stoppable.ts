import { StoppedError } from "./errors.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** One Ctrl-C comes more than once: from the terminal, and from each parent that passes it on (bin/flamingo.mjs, npm). So long after the first one, in milliseconds, a signal is taken for its copy. */
const copies = 1000;

/**
 * Does work that a signal ends in good order. A second signal, after a moment, ends the process at once.
 * @param work - stops soon after `signal` is aborted, and throws its reason
 * @param outcome - what is left behind when it was stopped, and how to go on
 * @throws StoppedError
 */
export async function stoppable<Result>(work: (signal: AbortSignal) => Promise<Result>, outcome: () => string): Promise<Result> {
  const stop = new AbortController();
  let by: NodeJS.Signals | undefined;
  const ignoreCopies = (): void => {};
  const hear = (signal: NodeJS.Signals): void => {
    if (by !== undefined) return;
    by = signal;
    stop.abort();
    setTimeout(unhear, copies).unref();
  };
  const unhear = (): void => {
    for (const signal of signals) process.off(signal, hear);
  };
  for (const signal of signals) process.on(signal, hear);
  try {
    return await work(stop.signal);
  } catch (error) {
    if (by === undefined || !isBecauseOf(error, stop.signal.reason)) throw error;
    throw new StoppedError(by, outcome());
  } finally {
    // A copy may still be on its way.
    if (by !== undefined) for (const signal of signals) process.on(signal, ignoreCopies);
    unhear();
  }
}

/** Other failures may come after a signal too, such as a checkpoint that does not fit on the disk. */
function isBecauseOf(error: unknown, reason: unknown): boolean {
  return error === reason || (error instanceof Error && error.cause !== undefined && isBecauseOf(error.cause, reason));
}
