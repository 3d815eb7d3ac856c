import type { ModelPullEvent, PullEvent } from "../checkpoint/hub/pull-event.ts";
import { progressLine } from "./progress-line.ts";

/** Shows on standard error how far a repository is pulled. */
export function pullProgress(repository: string): (event: PullEvent) => void {
  const line = progressLine();
  let started = performance.now();
  let before: number | undefined;
  return (event) => {
    if (event.type === "notice") process.stderr.write(`${process.stderr.isTTY ? "\r\u001b[K" : ""}${event.text}\n`);
    if (event.type === "start") {
      started = performance.now();
      process.stderr.write(`${repository}: ${event.files} files, ${size(event.total)}\n`);
    }
    if (event.type !== "progress") return;
    // What was there at the beginning says nothing of the speed.
    before ??= event.bytes;
    const speed = (event.bytes - before) / Math.max(0.001, (performance.now() - started) / 1000);
    const rest = speed > 0 ? `  ${size(speed)}/s, ${Math.ceil((event.total - event.bytes) / speed)} s left` : "";
    const done = event.filesDone === event.files;
    line(`${event.filesDone}/${event.files} files  ${size(event.bytes)} of ${size(event.total)}${done ? "" : `${rest}  ${event.file}`}`, done);
  };
}

/** The same for a model whose parts are in several repositories, one after the other. */
export function modelProgress(): (event: ModelPullEvent) => void {
  const shown = new Map<string, (event: PullEvent) => void>();
  return ({ repository, ...event }) => {
    const show = shown.get(repository) ?? pullProgress(repository);
    shown.set(repository, show);
    show(event as PullEvent);
  };
}

/** `4.19 GB` */
export const size = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e3).toFixed(1)} kB`;
