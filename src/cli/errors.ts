/** The command was called in a way that it does not understand; exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A signal ended the command in good order; exit code 128 and the signal's number, as shells have it. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
  readonly signal: NodeJS.Signals;
  /** Whether threads are in the middle of something that nobody waits for any more. */
  leavesWork = false;

  constructor(signal: NodeJS.Signals, message: string) {
    super(message);
    this.signal = signal;
  }
}
