import { readyTasks } from "virtual:ready-tasks";
import { shownReady, showReady } from "../state/ready.ts";

/** Tasks at one click. */
export function ReadyTasks() {
  return (
    <section class="ready" aria-labelledby="ready-title">
      <h2 id="ready-title">Try one</h2>
      <ul>
        {readyTasks.map(({ title, examples, question }, place) => (
          <li key={title}>
            <button type="button" title={title} aria-pressed={shownReady.value === place} onClick={() => void showReady(place)}>
              <span class="pictures" aria-hidden="true">
                {[...examples.slice(0, 2).map(({ picture }) => picture), question.picture!].map((picture, i) => (
                  <img key={i} src={picture} alt="" loading="lazy" />
                ))}
              </span>
              <span class="title">{title}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
