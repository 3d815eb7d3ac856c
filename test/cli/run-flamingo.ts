import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
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
  /** Signals come to all its processes, as from a terminal. */
  readonly toAll?: boolean;
  /** Nobody reads its output. */
  readonly closeOutput?: boolean;
  /** Its output goes into this file. */
  readonly outputFile?: string;
  /** Where it is called. Default: where the tests are. */
  readonly folder?: string;
  /** Besides this process's own variables. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with a way to send signals. */
  readonly started?: (send: (signal: NodeJS.Signals) => void) => void;
}

/** Runs `flamingo ARGS` as a user does, in a process of its own. */
export function runFlamingo(
  args: readonly string[],
  { watch, started, toAll = false, closeOutput = false, outputFile, folder, environment = {} }: CallOptions = {},
): Promise<Called> {
  return new Promise((resolve, reject) => {
    const output = outputFile === undefined ? "pipe" : openSync(outputFile, "w");
    const child = spawn(process.execPath, [bin, ...args], {
      stdio: ["ignore", output, "pipe"],
      env: { ...process.env, ...environment },
      detached: toAll,
      ...(folder === undefined ? {} : { cwd: folder }),
    });
    const send = (signal: NodeJS.Signals): void => {
      if (!toAll) child.kill(signal);
      else if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, signal);
    };
    if (typeof output === "number") closeSync(output);
    if (closeOutput) child.stdout?.destroy();
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr!.on("data", (bytes: Buffer) => {
      stderr += bytes.toString();
      watch?.(stderr, send);
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    started?.(send);
  });
}
