import { connection } from "../state/connection.ts";
import { count, findNearest, found, gallery, lookAtFolder, lookRun, searchRun, useNearest } from "../state/nearest.ts";
import { question } from "../state/task-state.ts";
import { FileButton } from "./file-button.tsx";
import { RunProgress } from "./run-progress.tsx";
import { Tool } from "./tool.tsx";

/** Examples from a folder: those that are most like what is asked about. */
export function NearestExamples() {
  const ready = connection.value.state === "ready";
  const size = gallery.value.length;
  return (
    <Tool
      title="Nearest examples"
      hint="Of a folder of pictures those are shown to the model that are most like the question's. What is said about each is the name of its folder, or its own."
      takes="folder"
    >
      <div class="row">
        <FileButton label="Choose a folder" folder several take={(files) => void lookAtFolder(files)} />
        <p class="hint mouse">or drop one here</p>
      </div>
      <RunProgress run={lookRun} what="Pictures that were looked at, sixteen at a time" />
      {size > 0 && (
        <div class="row">
          <p>{size} pictures.</p>
          <label>
            How many{" "}
            <input
              type="number"
              min={1}
              max={32}
              value={count.value}
              onInput={(event) => {
                count.value = Math.max(1, Math.min(32, event.currentTarget.valueAsNumber || 1));
              }}
            />
          </label>
          <button type="button" disabled={!ready || question.value.picture === undefined} onClick={() => void findNearest()}>
            Find the nearest
          </button>
        </div>
      )}
      <RunProgress run={searchRun} what="The search" />
      {found.value.length > 0 && (
        <>
          <ol class="near">
            {found.value.map(({ item, similarity }, i) => (
              <li key={i}>
                <img src={item.picture.url} alt="" />
                <span>{item.text}</span>
                <span class="hint">{similarity.toFixed(2)}</span>
              </li>
            ))}
          </ol>
          <button type="button" class="primary" onClick={useNearest}>
            Make them the examples
          </button>
        </>
      )}
    </Tool>
  );
}
