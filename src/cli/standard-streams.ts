import { fstatSync, writeFileSync } from "node:fs";
import { reasonOf } from "../data/platform/node-write.ts";

/** Decides what becomes of the command when standard output or standard error cannot be written. To be called before anything is. */
export function watchStandardStreams(): void {
  // Into a file Node writes what fits and forgets the rest, without an error.
  if (isFile(process.stdout)) {
    process.stdout._write = (bytes: Uint8Array, _encoding, done) => {
      try {
        writeFileSync(process.stdout.fd, bytes);
        done();
      } catch (error) {
        done(error as Error);
      }
    };
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read the output has seen enough, as in `flamingo --help | head -1`.
    if (error.code === "EPIPE") process.exit();
    process.stderr.write(`flamingo: standard output: ${reasonOf(error)}\n`);
    process.exit(1);
  });
  // Progress and notes, of which nobody wanted to know then.
  process.stderr.on("error", () => {});
}

function isFile({ fd, isTTY }: typeof process.stdout): boolean {
  if (isTTY) return false;
  const status = fstatSync(fd);
  return status.isFile() || status.isCharacterDevice();
}
