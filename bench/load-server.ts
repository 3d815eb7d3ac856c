import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the server's process takes, in MB. */
export interface Memory {
  readonly resident: number;
  /** JavaScript's objects. */
  readonly heap: number;
  /** Arrays and what else lies outside of JavaScript's heap and is counted with it. */
  readonly external: number;
}

/** A server in a process of its own. */
export interface LoadedServer {
  readonly url: string;
  memory(): Promise<Memory>;
  end(): Promise<void>;
}

/** @param model - its folder */
export function startServer(model: string): Promise<LoadedServer> {
  const bin = fileURLToPath(new URL("../bin/flamingo.mjs", import.meta.url));
  const child = spawn(process.execPath, [bin, "serve", "--model", model, "--port", "0", "--log-level", "error"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stdout.on("data", (text: Buffer) => {
      const url = /http:\S+(?=\/v1)/.exec(text.toString())?.[0];
      if (url === undefined) return;
      const memory = async (): Promise<Memory> => {
        const told = await (await fetch(`${url}/metrics`)).text();
        const megabytes = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, "m").exec(told)![1]) / 1e6;
        return {
          resident: megabytes("process_resident_memory_bytes"),
          heap: megabytes("nodejs_heap_size_used_bytes"),
          external: megabytes("nodejs_external_memory_bytes"),
        };
      };
      const end = async (): Promise<void> => {
        child.kill("SIGTERM");
        await ended;
      };
      resolve({ url, memory, end });
    });
  });
}
