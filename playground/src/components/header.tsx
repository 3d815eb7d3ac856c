import { type Connection, canHoldModel, connection, place } from "../state/connection.ts";
import { taskProblem } from "../state/notices.ts";
import { openFile } from "../state/pictures.ts";
import { task } from "../state/task-state.ts";
import { AnsweredBy } from "./answered-by.tsx";
import { showCopyAs } from "./copy-as.tsx";
import { FileButton } from "./file-button.tsx";
import { Problem } from "./problem.tsx";
import { saveTask } from "./save-task.ts";
import { showShareLink } from "./share-link.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

export function Header() {
  const empty = task.value.examples.length === 0 && task.value.question.picture === undefined;
  return (
    <header>
      <div class="name">
        <h1>flamingo</h1>
        <p class="tagline">Teach a task with a few pictures.</p>
        <ConnectionState />
      </div>
      <nav aria-label="Task">
        <FileButton label="Open" accept=".json,application/json" take={([file]) => void openFile(file!)} />
        <button type="button" disabled={empty} onClick={saveTask}>
          Save
        </button>
        <button type="button" disabled={empty} onClick={() => void showShareLink()}>
          Link
        </button>
        <button type="button" disabled={task.value.question.picture === undefined} onClick={showCopyAs}>
          Copy as…
        </button>
        <ThemeSwitch />
      </nav>
      {canHoldModel && <AnsweredBy />}
      <Problem text={taskProblem.value} forget={() => (taskProblem.value = "")} />
    </header>
  );
}

function ConnectionState() {
  const now = connection.value;
  const waits = place.value.in === "server" && (now.state === "gone" || now.state === "loading");
  return (
    <p class={`connection ${now.state}`} role="status">
      <span class="dot" aria-hidden="true" />
      {saidOf(now)}
      {waits && " Trying again…"}
    </p>
  );
}

function saidOf(now: Connection): string {
  if (now.state === "ready") return now.runsOn === undefined ? now.name : `${now.name} in this page: ${now.runsOn}`;
  if (now.state === "connecting") return "connecting…";
  if (now.state === "coming") return "fetching the model…";
  return now.state === "locked" ? "locked" : now.message;
}
