import { connection } from "../state/connection.ts";

/** What a person should know about how the model runs in this page. */
export function ModelNotes() {
  const now = connection.value;
  if (now.state !== "ready" || now.notes === undefined || now.notes.length === 0) return null;
  return (
    <ul class="notes hint" aria-label="How the model runs">
      {now.notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
