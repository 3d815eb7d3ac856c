import { useRef } from "preact/hooks";
import { examplesProblem } from "../state/notices.ts";
import { askInExamples, cards, question } from "../state/task-state.ts";
import { AddPictures } from "./add-pictures.tsx";
import { ExampleCard } from "./example-card.tsx";
import { Problem } from "./problem.tsx";

export function Examples() {
  const list = useRef<HTMLOListElement>(null);
  const asked = question.value.text.trim();
  const unlike = asked !== "" && cards.value.some(({ text }) => text.trim() !== "" && !text.trim().startsWith(asked));
  return (
    <section class="panel examples" aria-labelledby="examples-title" data-takes="examples">
      <h2 id="examples-title">
        <span class="step">1</span> Show it examples
      </h2>
      <p class="hint">A picture, and what should be said about it.</p>
      <Problem text={examplesProblem.value} forget={() => (examplesProblem.value = "")} />
      {unlike && (
        <p class="advice">
          The question is not in the examples, so it is new to the model.{" "}
          <button type="button" class="link" onClick={askInExamples}>
            Put it before each text
          </button>
        </p>
      )}
      <ol class="cards" ref={list}>
        {cards.value.map((card, place) => (
          <ExampleCard key={card.id} card={card} place={place} />
        ))}
        <li class="card new">
          <AddPictures where="examples" label="Add pictures" />
        </li>
      </ol>
    </section>
  );
}
