import { fewShot } from "../state/answers.ts";
import { prompt } from "../state/task-state.ts";
import { changedAnswers, switched, switchWhatIf, whatIfRun } from "../state/what-if.ts";
import { whatIfs } from "../task/what-if.ts";
import { RunProgress } from "./run-progress.tsx";
import { Tool } from "./tool.tsx";

/** Switches that change the task, and what is said then. */
export function WhatIfs() {
  const about = prompt.value;
  const { text } = fewShot.value;
  return (
    <Tool title="What if…" hint="An answer is worth what it hangs on. Each switch changes the task and asks again.">
      <ul class="what-ifs">
        {whatIfs.map((whatIf) => {
          const { name, meaning, change } = whatIf;
          const answer = changedAnswers.value.get(name);
          const id = `what-if-${name.replaceAll(" ", "-").toLowerCase()}`;
          return (
            <li key={name}>
              <label>
                <input
                  type="checkbox"
                  checked={switched.value.has(name)}
                  disabled={about === undefined || change(about) === undefined}
                  aria-describedby={id}
                  onChange={() => switchWhatIf(whatIf)}
                />
                {name}
              </label>
              <p class="hint" id={id}>
                {meaning}
              </p>
              {answer !== undefined && (
                <p class="answer changed" role="status">
                  <span class="said">{answer || "It says nothing."}</span> <span class="hint">{answer === text ? "as before" : `before: ${text}`}</span>
                </p>
              )}
            </li>
          );
        })}
      </ul>
      <RunProgress run={whatIfRun} what="Changes that were asked about" />
    </Tool>
  );
}
