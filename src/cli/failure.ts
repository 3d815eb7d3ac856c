import { constants } from "node:os";
import { CommanderError } from "commander";
import { CheckpointError, ConfigError, DataError, RuntimeError } from "../index.ts";
import { NotFiniteError } from "../nn/gradient-clipping.ts";
import { StoppedError, UsageError } from "./errors.ts";

/** 0: it was only asked for help; 1: it failed; 2: it was called wrongly; 128 and its number: a signal stopped it. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof StoppedError) return 128 + constants.signals[error.signal];
  return error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
}

/** What a user can do something with; the stack only where the fault may be ours. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const known = [UsageError, StoppedError, ConfigError, DataError, CheckpointError, RuntimeError, NotFiniteError].some((kind) => error instanceof kind);
  const ours = known || error.constructor === Error;
  if (ours && process.env["FLAMINGO_DEBUG"] === undefined) return error.message;
  return `${error.stack ?? error.message}${ours ? "" : "\nThis looks like a fault of flamingo-vlm itself: please report it with these lines and the command."}`;
}
