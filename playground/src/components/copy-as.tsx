import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { copyFormats, shortened } from "../copy/copy.ts";
import { apiKey, base, connection } from "../state/connection.ts";
import { announcement } from "../state/notices.ts";
import { prompt } from "../state/task-state.ts";

const shown = signal(false);

export function showCopyAs(): void {
  shown.value = true;
}

/** The task as code, which runs as it is copied. */
export function CopyAs() {
  const dialog = useRef<HTMLDialogElement>(null);
  const place = useSignal(0);
  const copied = useSignal("");
  const isShown = shown.value && prompt.value !== undefined;
  useEffect(() => {
    if (isShown) dialog.current!.showModal();
  }, [isShown]);
  if (!isShown) return null;
  const { hint, write } = copyFormats[place.value]!;
  const now = connection.value;
  const code = write(prompt.value!, { model: now.state === "ready" ? now.name : "nano", base: base.value.href, locked: apiKey.value !== "" });
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(code);
      copied.value = `Copied: ${Math.ceil(code.length / 1000)} kB.`;
    } catch {
      copied.value = "The browser did not allow it. Save it as a file instead.";
    }
    announcement.value = copied.value;
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby="copy-title"
      onClose={() => {
        shown.value = false;
        copied.value = "";
      }}
    >
      <h2 id="copy-title">Copy as</h2>
      <fieldset class="formats">
        <legend class="unseen">Form</legend>
        {copyFormats.map(({ name }, i) => (
          <label key={name}>
            <input
              type="radio"
              name="format"
              checked={place.value === i}
              onChange={() => {
                place.value = i;
                copied.value = "";
              }}
            />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section class="scrolls" tabIndex={0} aria-label="Code, pictures shortened">
        <pre>{shortened(code)}</pre>
      </section>
      <p class="hint">
        {hint}. What is copied has the pictures whole.{apiKey.value === "" ? "" : " It reads the API key from FLAMINGO_API_KEY."}
      </p>
      <div class="row">
        <button type="button" class="primary" onClick={() => void copy()}>
          Copy
        </button>
        <button type="button" onClick={() => dialog.current!.close()}>
          Close
        </button>
        <p class="hint">{copied.value}</p>
      </div>
    </dialog>
  );
}
