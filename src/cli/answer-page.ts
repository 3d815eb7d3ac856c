import { escapeHtml, htmlPage } from "./html-page.ts";

/** A prompt with its answer, pictures as data URLs. */
export interface AnsweredPrompt {
  readonly title: string;
  readonly shots: readonly { readonly picture: string; readonly text: string }[];
  readonly query: string;
  readonly question: string;
  readonly answer: string;
  /** What a person would say. */
  readonly expected: string;
  readonly isRight: boolean;
}

/** One strip of pictures per prompt, as a page that needs no other file. @param credits - whose the photographs are, as text */
export function answerPage(prompts: readonly AnsweredPrompt[], credits: string): string {
  const strips = prompts.map(({ title, shots, query, question, answer, expected, isRight }) => {
    const examples = shots.map(({ picture, text }) => figure(picture, text, "example"));
    const asked = figure(query, `${escapeHtml(question)} <strong>${escapeHtml(answer)}</strong>`, isRight ? "question" : "question wrong", false);
    const verdict = isRight ? "Right." : `<strong>Wrong.</strong> A person would say: ${escapeHtml(expected)}`;
    return `<section><h2>${escapeHtml(title)}</h2><div class="strip">${examples.join("")}${asked}</div><p>${verdict}</p></section>`;
  });
  const right = prompts.filter(({ isRight }) => isRight).length;
  return htmlPage({
    title: "flamingo-vlm: answers of the embedded model",
    style,
    body: `<h1>Few-shot answers of the embedded model</h1>
<p>None of these pictures was shown in training. In each strip the last picture is asked about; the answer is the model's: ${right} of ${prompts.length} are right.</p>
${strips.join("\n")}
<footer>${escapeHtml(credits)}</footer>`,
  });
}

const style = `figure { padding: .75rem; width: 8.5rem; border: 1px solid var(--line); border-radius: .5rem; text-align: center; }
figure.question { border: 2px solid var(--good); background: var(--good-ground); }
figure.question.wrong { border-color: var(--bad); background: var(--bad-ground); }
figcaption { color: inherit; font-size: inherit; }
img { width: 7.5rem; height: 7.5rem; max-width: 100%; object-fit: contain; }
footer { white-space: pre-line; margin-top: 3rem; font-size: .85rem; color: var(--faint); }
p { margin: .5rem 0; color: var(--faint); }`;

function figure(picture: string, text: string, kind: string, plain = true): string {
  return `<figure class="${kind}"><img src="${picture}" alt=""><figcaption>${plain ? escapeHtml(text) : text}</figcaption></figure>`;
}
