import { LeaveOneOut } from "./leave-one-out.tsx";
import { ManyQuestions } from "./many-questions.tsx";
import { NearestExamples } from "./nearest-examples.tsx";
import { WhatIfs } from "./what-ifs.tsx";

/** What shows whether a task was learnt, and on what that hangs. */
export function Tools() {
  return (
    <section class="tools-list" aria-labelledby="tools-title">
      <h2 id="tools-title" class="unseen">
        Tools
      </h2>
      <WhatIfs />
      <LeaveOneOut />
      <NearestExamples />
      <ManyQuestions />
    </section>
  );
}
