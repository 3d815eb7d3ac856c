import { announcement } from "../state/notices.ts";
import { task } from "../state/task-state.ts";
import { writeTask } from "../task/task-file.ts";
import { saveFile } from "./save-file.ts";

/** Gives the task to the browser as one file. */
export function saveTask(): void {
  const name = `${
    task.value.title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 40)
      .replace(/-$/, "") || "task"
  }.json`;
  saveFile(name, "application/json", writeTask(task.value));
  announcement.value = `Saved as ${name}.`;
}
