import { useEffect, useRef } from "preact/hooks";
import { announcement, serverProblems } from "../state/notices.ts";
import { cardToWrite, written } from "../state/pictures.ts";
import { type Card, cards, changeText, moveCard, question, removeCard } from "../state/task-state.ts";
import { Problem } from "./problem.tsx";

const dragged = "application/x-flamingo-card";

export function ExampleCard({ card, place }: { readonly card: Card; readonly place: number }) {
  const text = useRef<HTMLTextAreaElement>(null);
  const count = cards.value.length;
  const name = `Example ${place + 1}`;
  useEffect(() => {
    if (cardToWrite !== card.id) return;
    text.current!.focus();
    written();
  }, [card.id]);
  const move = (to: number): void => {
    if (to < 0 || to >= count) return;
    moveCard(card.id, to);
    announcement.value = `${name} is now example ${to + 1} of ${count}.`;
  };
  const remove = (): void => {
    const item = text.current!.closest("li")!;
    const next = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector<HTMLElement>("textarea, button");
    removeCard(card.id);
    next?.focus();
    announcement.value = `${name} removed.`;
  };
  const keys = (event: KeyboardEvent): void => {
    const by = event.altKey ? { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key] : undefined;
    if (by === undefined) return;
    event.preventDefault();
    move(place + by);
  };
  const drop = (event: DragEvent): void => {
    const id = event.dataTransfer?.getData(dragged);
    if (id === undefined || id === "") return;
    event.preventDefault();
    moveCard(Number(id), place);
  };
  const problem = serverProblems.value.cards.get(card.id) ?? "";
  return (
    <li
      class={problem === "" ? "card" : "card wrong"}
      aria-label={name}
      onKeyDown={keys}
      onDragOver={(event) => event.dataTransfer?.types.includes(dragged) && event.preventDefault()}
      onDrop={drop}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons below do the same */}
      <div
        class="frame"
        draggable
        onDragStart={(event) => {
          event.dataTransfer?.setData(dragged, String(card.id));
        }}
      >
        <img src={card.picture.url} alt={card.text === "" ? name : `${name}: ${card.text}`} draggable={false} />
      </div>
      <textarea
        ref={text}
        rows={2}
        value={card.text}
        aria-label={`What is said about ${name.toLowerCase()}`}
        placeholder={question.value.text === "" ? "a dax" : `${question.value.text} …`}
        onInput={(event) => changeText(card.id, event.currentTarget.value)}
      />
      {card.text.trim() === "" && <p class="hint">Without a text it is left out.</p>}
      <Problem text={problem} />
      <div class="tools">
        <button
          type="button"
          class="small"
          aria-label={`Move ${name.toLowerCase()} earlier`}
          title="Earlier (Alt+↑)"
          disabled={place === 0}
          onClick={() => move(place - 1)}
        >
          ←
        </button>
        <button
          type="button"
          class="small"
          aria-label={`Move ${name.toLowerCase()} later`}
          title="Later (Alt+↓)"
          disabled={place === count - 1}
          onClick={() => move(place + 1)}
        >
          →
        </button>
        <button type="button" class="small" aria-label={`Remove ${name.toLowerCase()}`} title="Remove" onClick={remove}>
          ×
        </button>
      </div>
    </li>
  );
}
