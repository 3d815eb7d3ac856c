import { useEffect } from "preact/hooks";
import { type Answer, askAgain, fewShot, stopAnswers, zeroShot } from "../state/answers.ts";
import { connection } from "../state/connection.ts";
import { announcement, serverProblems } from "../state/notices.ts";
import { prompt } from "../state/task-state.ts";
import { durationOf } from "./duration.ts";
import { Problem } from "./problem.tsx";
import { ReadOnce } from "./read-once.tsx";

/** The answer with the examples, beside what the model says without them. */
export function Answers() {
  const count = prompt.value?.examples.length ?? 0;
  const { state, text, milliseconds, timing } = fewShot.value;
  useEffect(() => {
    // The whole answer, not each piece of it.
    if (state === "done") announcement.value = `Answer: ${text}`;
  }, [state, text]);
  return (
    <section class="panel answers" aria-labelledby="answer-title">
      <h2 id="answer-title">
        <span class="step">3</span> Answer
      </h2>
      <div class="beside">
        <Shown title={count === 0 ? "Without examples" : count === 1 ? "With the example" : `With ${count} examples`} answer={fewShot.value} main />
        {count > 0 && <Shown title="Without them" answer={zeroShot.value} />}
      </div>
      <Problem text={serverProblems.value.answer} />
      <div class="row">
        {state === "waiting" || state === "coming" ? (
          <button type="button" onClick={stopAnswers}>
            Stop
          </button>
        ) : (
          <button type="button" disabled={prompt.value === undefined || connection.value.state !== "ready"} onClick={askAgain}>
            Ask again
          </button>
        )}
        {milliseconds !== undefined && <p class="hint">{durationOf(milliseconds)}</p>}
      </div>
      {timing !== undefined && <ReadOnce {...timing} />}
    </section>
  );
}

function Shown({ title, answer: { state, text, error }, main = false }: { readonly title: string; readonly answer: Answer; readonly main?: boolean }) {
  const nothing = { none: "—", waiting: "…", coming: "…", done: "It says nothing.", stopped: "Stopped.", failed: main ? "No answer." : (error?.message ?? "") }[
    state
  ];
  return (
    <div class={main ? "answer main" : "answer"} aria-busy={state === "waiting" || state === "coming"}>
      <h3>{title}</h3>
      <p class={`said ${state}`}>{text === "" ? <span class="hint">{nothing}</span> : text}</p>
    </div>
  );
}
