import type { Timing } from "../answering/answerer.ts";
import { durationOf } from "./duration.ts";

/** What it spares to read the examples once: a question before, and now. */
export function ReadOnce({ examples, question }: Timing) {
  const before = examples + question;
  return (
    <table class="bars cost">
      <caption class="hint">The examples are read once. A question takes</caption>
      <tbody>
        {[
          ["with them", before],
          ["after them", question],
        ].map(([name, milliseconds]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              <span class="track" aria-hidden="true">
                <span class="bar" style={{ width: `${((100 * Number(milliseconds)) / before).toFixed(1)}%` }} />
              </span>
              <span class="share">{durationOf(Number(milliseconds))}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
