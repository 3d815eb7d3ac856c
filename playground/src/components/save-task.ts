import { announcement } from "../state/notices.ts";
import { task } from "../state/task-state.ts";
import { writeTask } from "../task/task-file.ts";

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
  const address = URL.createObjectURL(new Blob([writeTask(task.value)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // Not before the browser has taken it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  announcement.value = `Saved as ${name}.`;
}
