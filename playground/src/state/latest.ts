/** Work of which only the latest matters: what is begun ends what was before. */
export class Latest {
  private controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Ends what is being done, and begins after a while, unless something else is wanted until then. @param wait - milliseconds */
  begin(wait: number, work: (signal: AbortSignal) => Promise<void>): void {
    this.end();
    const { signal } = this.controller;
    this.timer = setTimeout(() => void work(signal), wait);
  }

  end(): void {
    clearTimeout(this.timer);
    this.controller.abort();
    this.controller = new AbortController();
  }
}
