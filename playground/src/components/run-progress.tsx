import type { LongRun } from "../state/long-run.ts";
import { Problem } from "./problem.tsx";

/** How far some long work is, and why it went no further. */
export function RunProgress({ run, what }: { readonly run: LongRun; readonly what: string }) {
  const now = run.progress.value;
  return (
    <>
      {now !== undefined && (
        <div class="row">
          <progress value={now.done} max={now.total} aria-label={what} />
          <p class="hint">
            {now.done} of {now.total}
          </p>
          <button type="button" onClick={() => run.stop()}>
            Stop
          </button>
        </div>
      )}
      <Problem text={run.problem.value} forget={() => (run.problem.value = "")} />
    </>
  );
}
