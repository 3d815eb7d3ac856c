import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { announcement } from "../state/notices.ts";
import { linkToTask } from "../state/shared-task.ts";
import { longestLink } from "../task/task-link.ts";

/** Undefined: not shown; empty: the task is too large for one. */
const link = signal<string | undefined>(undefined);

export async function showShareLink(): Promise<void> {
  link.value = (await linkToTask()) ?? "";
}

/** An address that holds the whole task. */
export function ShareLink() {
  const dialog = useRef<HTMLDialogElement>(null);
  const copied = useSignal("");
  const isShown = link.value !== undefined;
  useEffect(() => {
    if (isShown) dialog.current!.showModal();
  }, [isShown]);
  if (!isShown) return null;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link.value!);
      copied.value = "Copied.";
    } catch {
      copied.value = "The browser did not allow it. Select the link and copy it.";
    }
    announcement.value = copied.value;
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby="link-title"
      onClose={() => {
        link.value = undefined;
        copied.value = "";
      }}
    >
      <h2 id="link-title">Link</h2>
      {link.value === "" ? (
        <p>This task is too large for a link, which holds {thousands(longestLink)} characters. Save it as a file instead.</p>
      ) : (
        <>
          <textarea readOnly rows={4} aria-label="The link" value={link.value} onFocus={(event) => event.currentTarget.select()} />
          <p class="hint">
            {thousands(link.value!.length)} of {thousands(longestLink)} characters. The task is in the link itself, with its pictures made smaller: whoever has
            it has them. Browsers send what stands behind the # to nobody.
          </p>
        </>
      )}
      <div class="row">
        {link.value !== "" && (
          <button type="button" class="primary" onClick={() => void copy()}>
            Copy
          </button>
        )}
        <button type="button" onClick={() => dialog.current!.close()}>
          Close
        </button>
        <p class="hint">{copied.value}</p>
      </div>
    </dialog>
  );
}

function thousands(count: number): string {
  return count.toLocaleString("en");
}
