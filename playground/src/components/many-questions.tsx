import { connection } from "../state/connection.ts";
import { askMany, manyAsCsv, manyAsked, manyChoices, manyRun } from "../state/many-questions.ts";
import { durationOf } from "./duration.ts";
import { FileButton } from "./file-button.tsx";
import { RunProgress } from "./run-progress.tsx";
import { saveFile } from "./save-file.ts";
import { Scrolling } from "./scrolling.tsx";
import { Tool } from "./tool.tsx";

/** The same question about every picture of a folder, as a table. */
export function ManyQuestions() {
  const rows = manyAsked.value;
  return (
    <Tool
      title="Ask about a folder"
      hint="The question as it stands, about every picture of a folder. What is compared above is compared for each."
      takes="many"
    >
      {connection.value.state === "ready" && (
        <div class="row">
          <FileButton label="Choose a folder" folder several take={(files) => void askMany(files)} />
          <FileButton label="Choose pictures" several take={(files) => void askMany(files)} />
          <p class="hint mouse">or drop one here</p>
        </div>
      )}
      <RunProgress run={manyRun} what="Pictures that were asked about" />
      {rows.length > 0 && (
        <>
          <button type="button" onClick={() => saveFile("answers.csv", "text/csv", manyAsCsv())}>
            Save as CSV
          </button>
          <Scrolling label="Answers" table>
            <table class="many">
              <thead>
                <tr>
                  <th scope="col">Picture</th>
                  <th scope="col">Answer</th>
                  {manyChoices.value.map((choice) => (
                    <th key={choice} scope="col">
                      {choice}
                    </th>
                  ))}
                  <th scope="col">Time</th>
                </tr>
              </thead>
              <tbody>
                {rows.map(({ file, picture, answer, failed, shares, milliseconds }) => (
                  <tr key={file}>
                    <th scope="row">
                      {picture !== undefined && <img src={picture.url} alt="" loading="lazy" />}
                      <span>{file}</span>
                    </th>
                    <td>{failed ? <span class="hint">{answer}</span> : answer}</td>
                    {manyChoices.value.map((choice, i) => (
                      <td key={choice}>{shares[i] === undefined ? "" : `${(100 * shares[i]).toFixed(0)}%`}</td>
                    ))}
                    <td>{failed ? "" : durationOf(milliseconds)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scrolling>
        </>
      )}
    </Tool>
  );
}
