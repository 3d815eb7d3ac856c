import { scores } from "../state/answers.ts";
import { serverProblems } from "../state/notices.ts";
import { choices, task } from "../state/task-state.ts";
import { saidIn } from "../task/task.ts";
import { Problem } from "./problem.tsx";

/** Answers that are compared, as bars. */
export function Choices() {
  const said = saidIn(task.value);
  const offered = said.length > 1 && said.some((text) => !choices.value.includes(text));
  return (
    <section class="panel choices" aria-labelledby="choices-title">
      <h2 id="choices-title">Compare answers</h2>
      {offered && (
        <button
          type="button"
          onClick={() => {
            choices.value = said;
          }}
        >
          {said.length <= 3 ? `Compare ${said.map((text) => `“${text}”`).join(", ")}` : `Compare the ${said.length} answers of the examples`}
        </button>
      )}
      <label class="field">
        Choices <span class="hint">one in each line</span>
        <textarea
          rows={Math.min(8, Math.max(2, choices.value.length))}
          value={choices.value.join("\n")}
          onInput={(event) => {
            choices.value = event.currentTarget.value === "" ? [] : event.currentTarget.value.split("\n");
          }}
        />
      </label>
      <Problem text={serverProblems.value.choices} />
      {scores.value !== undefined && <Bars {...scores.value} />}
    </section>
  );
}

function Bars({ choices: words, withExamples, withoutExamples }: NonNullable<typeof scores.value>) {
  const best = Math.max(...withExamples);
  return (
    <>
      <table class="bars">
        <caption class="unseen">How likely each choice is among them</caption>
        <thead class="unseen">
          <tr>
            <th scope="col">Choice</th>
            <th scope="col">With the examples</th>
            {withoutExamples !== undefined && <th scope="col">Without them</th>}
          </tr>
        </thead>
        <tbody>
          {words.map((word, i) => (
            <tr key={word} class={withExamples[i] === best ? "best" : ""}>
              <th scope="row">{word}</th>
              <td>
                <Bar share={withExamples[i]!} />
              </td>
              {withoutExamples !== undefined && (
                <td class="without">
                  <Bar share={withoutExamples[i]!} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {withoutExamples !== undefined && <p class="hint">Wide bars: with the examples. Thin bars: without them.</p>}
    </>
  );
}

function Bar({ share }: { readonly share: number }) {
  return (
    <>
      <span class="track" aria-hidden="true">
        <span class="bar" style={{ width: `${(100 * share).toFixed(2)}%` }} />
      </span>
      <span class="share">{(100 * share).toFixed(share < 0.1 ? 1 : 0)}%</span>
    </>
  );
}
