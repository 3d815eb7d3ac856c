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
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>flamingo-vlm: answers of the embedded model</title>
<style>
body { font: 16px/1.4 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
.strip { display: flex; flex-wrap: wrap; gap: .75rem; }
figure { margin: 0; padding: .75rem; width: 8.5rem; border: 1px solid #ddd; border-radius: .5rem; text-align: center; }
figure.question { border: 2px solid #2b8a3e; background: #f4fcf6; }
figure.question.wrong { border-color: #c92a2a; background: #fff5f5; }
img { width: 7.5rem; height: 7.5rem; object-fit: contain; }
footer { white-space: pre-line; margin-top: 3rem; font-size: .85rem; color: #666; }
p { margin: .5rem 0; color: #666; }
</style>
<h1>Few-shot answers of the embedded model</h1>
<p>None of these pictures was shown in training. In each strip the last picture is asked about; the answer is the model's: ${prompts.filter(({ isRight }) => isRight).length} of ${prompts.length} are right.</p>
${strips.join("\n")}
<footer>${escapeHtml(credits)}</footer>
</html>
`;
}

function figure(picture: string, text: string, kind: string, plain = true): string {
  return `<figure class="${kind}"><img src="${picture}" alt=""><figcaption>${plain ? escapeHtml(text) : text}</figcaption></figure>`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
