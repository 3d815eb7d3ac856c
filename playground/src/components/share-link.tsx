import { signal } from "@preact/signals";
import { linkToTask } from "../state/shared-task.ts";
import { longestLink } from "../task/task-link.ts";
import { CopyDialog } from "./copy-dialog.tsx";

/** Undefined: not shown; empty: the task is too large for one. */
const link = signal<string | undefined>(undefined);

export async function showShareLink(): Promise<void> {
  link.value = (await linkToTask()) ?? "";
}

/** An address that holds the whole task. */
export function ShareLink() {
  const text = link.value;
  if (text === undefined) return null;
  const close = (): void => {
    link.value = undefined;
  };
  return (
    <CopyDialog title="Link" text={text} done="Copied." otherwise="Select the link and copy it." onClose={close}>
      {text === "" ? (
        <p>This task is too large for a link, which holds {thousands(longestLink)} characters. Save it as a file instead.</p>
      ) : (
        <>
          <textarea readOnly rows={4} aria-label="The link" value={text} onFocus={(event) => event.currentTarget.select()} />
          <p class="hint">
            {thousands(text.length)} of {thousands(longestLink)} characters. The task is in the link itself, with its pictures made smaller: whoever has it has
            them. Browsers send what stands behind the # to nobody.
          </p>
        </>
      )}
    </CopyDialog>
  );
}

function thousands(count: number): string {
  return count.toLocaleString("en");
}
