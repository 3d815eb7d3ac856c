import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a call of the command left behind. */
export interface Called {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const bin = fileURLToPath(new URL("../../bin/flamingo.mjs", import.meta.url));

interface CallOptions {
  /** Sees what the command has written to standard error so far, and may send signals. */
  readonly watch?: (stderr: string, send: (signal: NodeJS.Signals) => void) => void;
  /** Nobody reads its output. */
  readonly closeOutput?: boolean;
  /** Besides this process's own variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs `flamingo ARGS` as a user does, in a process of its own. */
export function runFlamingo(args: readonly string[], { watch, closeOutput = false, environment = {} }: CallOptions = {}): Promise<Called> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
    if (closeOutput) child.stdout.destroy();
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => {
      stderr += bytes.toString();
      watch?.(stderr, (signal) => child.kill(signal));
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
