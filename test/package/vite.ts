import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const vite = join(dirname(fileURLToPath(import.meta.resolve("vite/package.json"))), "bin/vite.js");
/** As in a terminal: what vitest tells its own modules is not for them. */
const { NODE_ENV: _, VITEST: __, ...environment } = process.env;

export function viteBuild(folder: string): void {
  execFileSync(process.execPath, [vite, "build", "--logLevel", "error"], { cwd: folder, env: environment, stdio: ["ignore", "ignore", "inherit"] });
}

export interface ViteServer {
  /** Without a slash at the end. */
  readonly address: string;
  close(): void;
}

/** `vite` or `vite preview`, as it comes: there is no configuration. */
export function viteServer(folder: string, command: "dev" | "preview"): Promise<ViteServer> {
  const child = spawn(process.execPath, [vite, command, "--host", "127.0.0.1", "--port", "0"], {
    cwd: folder,
    env: { ...environment, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (bytes: Buffer) => {
      said += bytes.toString();
      const address = /(http:\/\/127\.0\.0\.1:\d+)\//.exec(said)?.[1];
      if (address !== undefined) resolve({ address, close: () => stop(child) });
    });
    child.on("exit", (code) => reject(new Error(`vite ${command} ended with exit code ${code}: ${said}`)));
  });
}

function stop(child: ChildProcess): void {
  child.removeAllListeners("exit");
  child.kill();
}
