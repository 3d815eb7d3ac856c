import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Figure, median, peakBytes } from "./measure.ts";

/** `flamingo start` as a user sees it: seconds until the first answer is printed, and the most memory that its process ever held (Linux only). */
export async function startFigures(rounds: number): Promise<readonly Figure[]> {
  const seconds: number[] = [];
  let peak = 0;
  for (let round = 0; round < rounds; round++) {
    const run = await start();
    seconds.push(run.seconds);
    peak = Math.max(peak, run.peak);
  }
  return [
    { name: "start: first answer after", value: median(seconds), unit: "s", target: "at most 5" },
    ...(peak > 0 ? [{ name: "start: most memory", value: peak / 1e6, unit: "MB", target: "at most 500" }] : []),
  ];
}

async function start(): Promise<{ seconds: number; peak: number }> {
  const out = await mkdtemp(join(tmpdir(), "flamingo-bench-"));
  const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
  const started = performance.now();
  const child = spawn(process.execPath, ["--conditions=flamingo-source", main, "start", "--once", "--out", out], { stdio: ["ignore", "pipe", "inherit"] });
  let seconds: number | undefined;
  let peak = 0;
  child.stdout.on("data", () => (seconds ??= (performance.now() - started) / 1000));
  const watch = setInterval(() => {
    peakBytes(child.pid!).then(
      (bytes) => (peak = Math.max(peak, bytes)),
      () => undefined,
    );
  }, 50);
  try {
    const code = await new Promise((resolve) => child.on("close", resolve));
    if (code !== 0 || seconds === undefined) throw new Error(`flamingo start failed with exit code ${code}`);
    return { seconds, peak };
  } finally {
    clearInterval(watch);
    await rm(out, { recursive: true, force: true });
  }
}
