import { questionProblem, serverProblems } from "../state/notices.ts";
import { askAbout, changeQuestion, question } from "../state/task-state.ts";
import { AddPictures } from "./add-pictures.tsx";
import { Problem } from "./problem.tsx";

export function QuestionPanel() {
  const { picture, text } = question.value;
  return (
    <section class="panel question" aria-labelledby="question-title" data-takes="question">
      <h2 id="question-title">
        <span class="step">2</span> Ask about another picture
      </h2>
      <div class={picture === undefined ? "frame empty" : "frame"}>
        {picture === undefined ? <AddPictures where="question" label="Choose a picture" /> : <img src={picture.url} alt="What is asked about" />}
      </div>
      {picture !== undefined && (
        <div class="row">
          <AddPictures where="question" label="Another picture" />
          <button type="button" class="small" aria-label="Remove the picture" onClick={() => askAbout(undefined)}>
            ×
          </button>
        </div>
      )}
      <Problem text={questionProblem.value} forget={() => (questionProblem.value = "")} />
      <label class="field">
        Question <span class="hint">can be left empty</span>
        <input type="text" value={text} placeholder="Question: What colour is it? Answer:" onInput={(event) => changeQuestion(event.currentTarget.value)} />
      </label>
      <Problem text={serverProblems.value.question} />
    </section>
  );
}
