import type { LeftOutResult } from "../state/leave-one-out.ts";
import { Scrolling } from "./scrolling.tsx";

/** What was said where each answer was right. */
export function ConfusionTable({ answers, confusion }: LeftOutResult) {
  const total = confusion.flat().reduce((sum, count) => sum + count, 0);
  const right = confusion.reduce((sum, row, i) => sum + row[i]!, 0);
  const alone = answers.filter((_, i) => confusion[i]!.reduce((sum, count) => sum + count, 0) === 1);
  return (
    <>
      <p class="accuracy">
        <strong>
          {right} of {total} right ({percent(right / total)})
        </strong>
        , by chance {percent(1 / answers.length)}.
      </p>
      <Scrolling label="What was said" table>
        <table class="confusion">
          <thead>
            <tr>
              <th scope="col">right, and what was said</th>
              {answers.map((answer) => (
                <th key={answer} scope="col">
                  {answer}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answers.map((answer, row) => (
              <tr key={answer}>
                <th scope="row">{answer}</th>
                {confusion[row]!.map((count, column) => (
                  <td key={answers[column]} class={count === 0 ? "zero" : row === column ? "hit" : "miss"}>
                    {count}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
      {alone.length > 0 && (
        <p class="hint">
          {alone.map((answer) => `“${answer}”`).join(", ")} {alone.length === 1 ? "is" : "are"} said of one example alone: with that left out, no other shows
          it.
        </p>
      )}
    </>
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`;
}
