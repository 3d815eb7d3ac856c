import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { announcement } from "../state/notices.ts";

interface CopyDialogProps {
  readonly title: string;
  /** Empty: there is nothing to be copied. */
  readonly text: string;
  /** What is said when it is copied. */
  readonly done: string;
  /** What can be done where the browser does not allow it. */
  readonly otherwise: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A dialog, open as long as it is there, with a text to be taken along. */
export function CopyDialog({ title, text, done, otherwise, onClose, children }: CopyDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const outcome = useSignal({ of: "", said: "" });
  useEffect(() => dialog.current!.showModal(), []);
  const copy = async (): Promise<void> => {
    const copied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    outcome.value = { of: text, said: copied ? done : `The browser did not allow it. ${otherwise}` };
    announcement.value = outcome.value.said;
  };
  return (
    <dialog ref={dialog} aria-labelledby="copy-title" onClose={onClose}>
      <h2 id="copy-title">{title}</h2>
      {children}
      <div class="row">
        {text !== "" && (
          <button type="button" class="primary" onClick={() => void copy()}>
            Copy
          </button>
        )}
        <button type="button" onClick={() => dialog.current!.close()}>
          Close
        </button>
        <p class="hint">{outcome.value.of === text ? outcome.value.said : ""}</p>
      </div>
    </dialog>
  );
}
