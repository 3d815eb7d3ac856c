import { useEffect } from "preact/hooks";
import { announcement } from "../state/notices.ts";
import { Answers } from "./answers.tsx";
import { Choices } from "./choices.tsx";
import { CopyAs } from "./copy-as.tsx";
import { DropAnywhere } from "./drop-anywhere.tsx";
import { Examples } from "./examples.tsx";
import { Footer } from "./footer.tsx";
import { Header } from "./header.tsx";
import { KeyForm } from "./key-form.tsx";
import { LoadingModel } from "./loading-model.tsx";
import { LookedAt } from "./looked-at.tsx";
import { QuestionPanel } from "./question-panel.tsx";
import { ReadyTasks } from "./ready-tasks.tsx";
import { ShareLink } from "./share-link.tsx";
import { listenToKeys } from "./shortcuts.ts";
import { Tools } from "./tools.tsx";

/** One screen: examples, the question, the answer. */
export function App() {
  useEffect(listenToKeys, []);
  return (
    <>
      <Header />
      <main>
        <LoadingModel />
        <KeyForm />
        <ReadyTasks />
        <div class="columns">
          <Examples />
          <div class="asked">
            <QuestionPanel />
            <Answers />
          </div>
          <div class="more">
            <Choices />
            <LookedAt />
            <Tools />
          </div>
        </div>
      </main>
      <Footer />
      <CopyAs />
      <ShareLink />
      <DropAnywhere />
      <p class="unseen" role="status">
        {announcement.value}
      </p>
    </>
  );
}
