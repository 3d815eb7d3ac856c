import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ProgramOptions } from "./program.ts";
import type { StressOptions } from "./stress.ts";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const picture = fileURLToPath(new URL("../fixtures/data/pictures/rgba.png", import.meta.url));

/** How `program.ts` is called. */
export function programCall(options: Omit<ProgramOptions, "picture">): readonly string[] {
  return call("program.ts", { ...options, picture });
}

/** How `stress.ts` is called. */
export function stressCall(options: StressOptions): readonly string[] {
  return call("stress.ts", options);
}

function call(file: string, options: object): readonly string[] {
  const program = fileURLToPath(new URL(file, import.meta.url));
  return [process.execPath, "--conditions=flamingo-source", "--disable-warning=ExperimentalWarning", program, JSON.stringify(options)];
}

/** Runs something in a process of its own, with these variables alone. */
export function runProcess([command, ...args]: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command!, args, { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"], ...environment } });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
