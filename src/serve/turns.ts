/** Lets so many pieces of work run at the same time, in the order in which they came. */
export class Turns {
  private readonly most: number;
  private running = 0;
  private readonly waiting = new Set<() => void>();
  private readonly resting = new Set<() => void>();

  constructor(most: number) {
    this.most = most;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  get runningCount(): number {
    return this.running;
  }

  /** @param signal - gives the turn up while it is waited for */
  async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    if (this.running < this.most) this.running += 1;
    else await this.turn(signal);
    try {
      return await work();
    } finally {
      const [next] = this.waiting;
      if (next !== undefined) next();
      else this.running -= 1;
      if (this.running === 0) {
        for (const rest of this.resting) rest();
        this.resting.clear();
      }
    }
  }

  /** Settled when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => this.resting.add(resolve));
  }

  private turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.delete(enter);
        signal?.removeEventListener("abort", gone);
      };
      const enter = (): void => {
        leave();
        resolve();
      };
      const gone = (): void => {
        leave();
        reject(signal!.reason);
      };
      this.waiting.add(enter);
      signal?.addEventListener("abort", gone);
    });
  }
}
