import { destination, pino } from "pino";
import type { Flamingo } from "../index.ts";
import type { ListenOptions } from "../serve/listen.ts";
import { startServer } from "../serve/server.ts";
import type { ServeSettings } from "../serve/settings.ts";
import { warmUp } from "../serve/warm-up.ts";
import { stoppable } from "./stoppable.ts";

/**
 * Listens, gets the model, and answers until a signal comes; then it finishes what it has begun.
 * @param load - the model; it is disposed in the end
 */
export async function serveUntilStopped(
  settings: ServeSettings,
  listen: ListenOptions,
  logLevel: string,
  load: (signal: AbortSignal) => Promise<Flamingo>,
): Promise<void> {
  const log = pino({ level: logLevel, base: null }, destination(2));
  await stoppable(
    async (signal) => {
      const server = await startServer(settings, listen, log);
      let model: Flamingo | undefined;
      try {
        model = await load(signal);
        await warmUp(model);
        server.serve(model);
        if (server.elsewhere) process.stdout.write(`port ${listen.port} is taken by another program\n`);
        process.stdout.write(
          `${model.folder.description.name} answers at ${server.url}/v1; teach it a task at ${server.url}/; ${server.url}/docs says how to ask\n`,
        );
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      } finally {
        await server.drain();
        await model?.dispose();
      }
    },
    () => "stopped before the model was loaded",
  );
}
