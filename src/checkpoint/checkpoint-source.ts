import type { OpenedSource } from "../data/byte-source.ts";
import { DataError } from "../data/errors.ts";
import { CheckpointError } from "./errors.ts";

/** Files are read as those of data are; what goes wrong with one is said as a fault of a checkpoint. */
export async function checkpointSource(opening: OpenedSource | Promise<OpenedSource>): Promise<OpenedSource> {
  const { name, size, read, close } = await asCheckpointError(opening);
  return { name, size, read: (start, end) => asCheckpointError(read(start, end)), close };
}

async function asCheckpointError<Result>(reading: Result | Promise<Result>): Promise<Result> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new CheckpointError(error.message, { cause: error });
  }
}
