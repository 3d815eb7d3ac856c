/** A user's program that answers again and again until it ends in one way or another; what it shall do comes as JSON. For tests that look at it from outside. */
import { isMainThread, Worker } from "node:worker_threads";
import { Flamingo, image } from "../../src/index.ts";

export interface ProgramOptions {
  /** Whether the runtime works in a thread of its own. */
  readonly worker: boolean;
  /** Whether the program does all this in a thread that it started itself. */
  readonly ownThread?: boolean;
  readonly picture: string;
  readonly answers: number;
  readonly end?: { readonly how: "exit" | "throw" | "reject" | "dispose"; readonly after: number };
}

const { worker, ownThread = false, picture, answers, end } = JSON.parse(process.argv[2]!) as ProgramOptions;

if (ownThread && isMainThread) {
  // Such a thread has an environment of its own.
  new Worker(new URL(import.meta.url), { argv: process.argv.slice(2), env: {} });
} else {
  let model: Flamingo | undefined;
  let disposed = false;
  if (end !== undefined)
    setTimeout(() => {
      if (end.how === "exit") process.exit(7);
      if (end.how === "throw") throw new Error("the program's own failure");
      if (end.how === "reject") void Promise.reject(new Error("the program's own failure"));
      if (end.how === "dispose") {
        disposed = true;
        void model?.dispose();
      }
    }, end.after);
  model = await Flamingo.load("nano", { worker, device: "cpu" });
  try {
    for (let i = 0; i < answers && !disposed; i++) process.stdout.write(`${await model.generateText([image(picture)], { maxTokens: 5 })}\n`);
  } catch (error) {
    if (!disposed) throw error;
    process.stdout.write(`refused: ${(error as Error).message}\n`);
  }
  await model.dispose();
}
