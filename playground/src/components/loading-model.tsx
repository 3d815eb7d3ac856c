import { connection } from "../state/connection.ts";

/** How much of the model is there, while it comes; and once it runs, what a person should know about that. */
export function LoadingModel() {
  const now = connection.value;
  if (now.state === "coming") {
    const [done, total] = [now.done, now.total].map((bytes) => (bytes / 1e6).toFixed(0));
    return (
      <div class="panel model">
        <label class="field">
          Fetching the model, once: {done} of {total} MB
          <progress value={now.done} max={now.total} />
        </label>
        <p class="hint">The browser keeps it. From then on nothing is sent, and nothing fetched.</p>
      </div>
    );
  }
  if (now.state !== "ready" || now.notes === undefined || now.notes.length === 0) return null;
  return (
    <ul class="notes hint">
      {now.notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
