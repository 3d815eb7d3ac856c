import { type Command, Option } from "commander";
import type { LoadOptions } from "../index.ts";
import { threads } from "./option-values.ts";

/** Where and how the arithmetic runs: the same for every command that computes. */
export interface DeviceOptions {
  readonly device: NonNullable<LoadOptions["device"]>;
  readonly threads?: number;
}

export function addDeviceOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--device <name>", "where the arithmetic runs; auto: CUDA if it is installed, else the CPU")
        .choices(["auto", "cpu", "cuda", "webgpu"])
        .default("auto"),
    )
    .option("--threads <number>", "threads of the arithmetic (default: all cores)", threads);
}

/** What the library is asked for. */
export function runtimeOptions({ device, threads }: DeviceOptions): Pick<LoadOptions, "device" | "threads"> {
  return { device, ...(threads === undefined ? {} : { threads }) };
}

/** Says on standard error what `auto` has come to. */
export function sayDevice(asked: DeviceOptions, found: { readonly device: string; readonly threads: number }): void {
  if (asked.device === "auto") process.stderr.write(`device: ${found.device}, ${found.threads} ${found.threads === 1 ? "thread" : "threads"}\n`);
}
