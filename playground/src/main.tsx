import { render } from "preact";
import { App } from "./components/app.tsx";
import { answerChanges } from "./state/answers.ts";
import { connect } from "./state/connection.ts";
import { showFirstTask } from "./state/ready.ts";
import "./style.css";

render(<App />, document.getElementById("page")!);
answerChanges();
void connect();
void showFirstTask();
