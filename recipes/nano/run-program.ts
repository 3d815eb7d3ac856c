import { spawn } from "node:child_process";

/**
 * Runs a program of the system to its end.
 * @param purpose - what errors say that it cannot do
 * @param signal - ends the program, and throws its reason
 * @throws when it cannot be started or fails, with what it wrote
 */
export function runProgram(
  name: string,
  args: readonly string[],
  { folder, purpose, signal }: { readonly folder: string; readonly purpose: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"], shell: process.platform === "win32", ...(signal && { signal }) });
    let message = "";
    let failure: Error | undefined;
    child.stderr.on("data", (bytes: Buffer) => {
      message += bytes.toString();
    });
    child.on("error", (error) => {
      failure = error;
    });
    // Also after an error: nothing of it runs on then.
    child.on("close", (code) => {
      if (signal?.aborted) reject(signal.reason as Error);
      else if (failure !== undefined) reject(new Error(`cannot ${purpose}: ${name} could not be started (${failure.message})`));
      else if (code === 0) resolve();
      else reject(new Error(`cannot ${purpose}: ${name} ended with code ${code}:\n${message.trim()}`));
    });
  });
}
