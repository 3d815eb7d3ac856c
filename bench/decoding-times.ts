import { median } from "./measure.ts";

/** Seconds that a step takes, median, by the clock and of processor time: where other work is on the cores the second says more, with one thread. */
export async function decodingTimes(steps: number, step: (index: number) => Promise<unknown>): Promise<{ clock: number; processor: number }> {
  const [clock, processor]: [number[], number[]] = [[], []];
  for (let i = 0; i < steps; i++) {
    const [started, before] = [performance.now(), process.cpuUsage()];
    await step(i);
    clock.push((performance.now() - started) / 1000);
    const { user, system } = process.cpuUsage(before);
    processor.push((user + system) / 1e6);
  }
  return { clock: median(clock), processor: median(processor) };
}
