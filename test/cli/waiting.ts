/** A command whose work goes on until it is stopped, or, with "deaf", whatever comes. For tests that send signals. */
import { setTimeout as pause } from "node:timers/promises";
import { exitCodeOf, messageOf } from "../../src/cli/failure.ts";
import { stoppable } from "../../src/cli/stoppable.ts";

const [how] = process.argv.slice(2);

try {
  await stoppable(
    async (signal) => {
      process.stdout.write("ready\n");
      signal.addEventListener("abort", () => process.stdout.write("heard\n"));
      await pause(60_000, undefined, how === "stops" ? { signal } : {});
    },
    () => "stopped; nothing is lost",
  );
} catch (error) {
  process.stderr.write(messageOf(error));
  process.exitCode = exitCodeOf(error);
}
