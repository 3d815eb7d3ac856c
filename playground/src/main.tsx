import { render } from "preact";
import { App } from "./components/app.tsx";
import { answerChanges } from "./state/answers.ts";
import { connect } from "./state/connection.ts";
import { showFirstTask } from "./state/ready.ts";
import { openSharedTask } from "./state/shared-task.ts";
import { answerWhatIfs } from "./state/what-if.ts";
import "./style.css";

render(<App />, document.getElementById("page")!);
answerChanges();
answerWhatIfs();
void connect();
void openSharedTask().then(async (opened) => {
  if (!opened) await showFirstTask();
});
addEventListener("hashchange", () => void openSharedTask());
