import { signal, useSignal } from "@preact/signals";
import { copyFormats, shortened } from "../copy/copy.ts";
import { apiKey, base, connection } from "../state/connection.ts";
import { prompt } from "../state/task-state.ts";
import { CopyDialog } from "./copy-dialog.tsx";
import { Scrolling } from "./scrolling.tsx";

const shown = signal(false);

export function showCopyAs(): void {
  shown.value = true;
}

/** The task as code, which runs as it is copied. */
export function CopyAs() {
  const place = useSignal(0);
  if (!shown.value || prompt.value === undefined) return null;
  const { hint, write } = copyFormats[place.value]!;
  const now = connection.value;
  const code = write(prompt.value, { model: now.state === "ready" ? now.name : "nano", base: base.value.href, locked: apiKey.value !== "" });
  const close = (): void => {
    shown.value = false;
  };
  return (
    <CopyDialog title="Copy as" text={code} done={`Copied: ${Math.ceil(code.length / 1000)} kB.`} otherwise="Save it as a file instead." onClose={close}>
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
              }}
            />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
      <Scrolling label="Code, pictures shortened">
        <pre>{shortened(code)}</pre>
      </Scrolling>
      <p class="hint">
        {hint}. What is copied has the pictures whole.{apiKey.value === "" ? "" : " It reads the API key from FLAMINGO_API_KEY."}
      </p>
    </CopyDialog>
  );
}
