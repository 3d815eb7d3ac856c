import { connection } from "../state/connection.ts";
import { canLeaveOut, leaveEachOut, leftOut, leftOutRun } from "../state/leave-one-out.ts";
import { ConfusionTable } from "./confusion-table.tsx";
import { RunProgress } from "./run-progress.tsx";
import { Tool } from "./tool.tsx";

/** How well the task is learnt from the examples themselves. */
export function LeaveOneOut() {
  const ready = canLeaveOut.value && connection.value.state === "ready";
  return (
    <Tool
      title="How well is it learnt?"
      hint="Each example is asked about, with all the others before it; the likeliest of the answers that they give is taken."
    >
      {!canLeaveOut.value && <p class="advice">It takes two answers or more, and one of them said of two examples.</p>}
      <button type="button" disabled={!ready} onClick={() => void leaveEachOut()}>
        Leave each out once
      </button>
      <RunProgress run={leftOutRun} what="Examples that were asked about" />
      {leftOut.value !== undefined && <ConfusionTable {...leftOut.value} />}
    </Tool>
  );
}
