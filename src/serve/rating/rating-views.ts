/** The pages of the rating server. All that people or models wrote is escaped by `html`. */
import { html } from "hono/html";
import type { RatedItem, RatingMode } from "../../evaluate/ratings/rating-plan.ts";
import type { RatingSummary } from "../../evaluate/ratings/rating-summary.ts";
import { summaryRows } from "./summary-rows.ts";

type Html = ReturnType<typeof html>;

/** What a rater chooses from: the value that is stored for what stands left or alone, its words, its key. */
export const choices: Readonly<Record<RatingMode, readonly (readonly [value: number, words: string, key: string, sign: string])[]>> = {
  score: [
    [1, "bad", "1", "1"],
    [2, "poor", "2", "2"],
    [3, "fair", "3", "3"],
    [4, "good", "4", "4"],
    [5, "excellent", "5", "5"],
  ],
  preference: [
    [1, "the left one", "ArrowLeft", "←"],
    [0, "equally good", "ArrowDown", "↓"],
    [-1, "the right one", "ArrowRight", "→"],
  ],
};

export interface Judged {
  readonly rater: string;
  readonly mode: RatingMode;
  /** Counted from 1. */
  readonly place: number;
  readonly total: number;
  readonly done: number;
  /** Which of the questions it is, for its pictures' addresses. */
  readonly question: number;
  /** Frames of each medium of the question, of an example all those of its media. */
  readonly frames: { readonly asked: readonly number[]; readonly examples: readonly (readonly number[])[] };
  readonly sample: RatedItem["sample"];
  /** In the order in which they are shown. */
  readonly answers: readonly string[];
  readonly showExpected: boolean;
  /** What the rater said before. */
  readonly before: number | undefined;
}

export function startView(raters: RatingSummary["raters"], problem = ""): Html {
  return framed(
    "Judge answers",
    html`<h1>Judge answers</h1>
<p>You will see pictures, a question, and what was answered. You are not told by whom. Every judgement is kept at once; come back under the same name to go on.</p>
<form action="/judge" method="get"><label for="rater">Your name</label><input id="rater" name="rater" required maxlength="40" autocomplete="off" autofocus>
${problem === "" ? "" : html`<p class="problem" role="alert">${problem}</p>`}<button>Begin</button></form>
${raters.length === 0 ? "" : html`<h2>Or go on as</h2><ul>${raters.map(({ name, rated, of }) => html`<li><a href="${judgeAt(name)}">${name}</a> (${rated} of ${of} judged)</li>`)}</ul>`}`,
  );
}

export function judgeView({ rater, mode, place, total, done, question, frames, sample, answers, showExpected, before }: Judged): Html {
  const { asked, examples, expected } = sample;
  const pictures = (example: string, counts: readonly number[], alt: string): Html[] =>
    counts.flatMap((count, medium) =>
      Array.from({ length: count }, (_, frame) => html`<img src="/pictures/${question}/${example}/${medium}/${frame}" alt="${alt}">`),
    );
  const names = answers.length === 1 ? ["Answer"] : ["Left", "Right"];
  const keys = mode === "score" ? (["ArrowLeft", "ArrowRight"] as const) : (["PageUp", "PageDown"] as const);
  return framed(
    `${place} of ${total}`,
    html`<h1>${place} of ${total}</h1>
<div class="pictures">${pictures("asked", frames.asked, "the picture that is asked about")}</div>
${asked.text.trim() === "" ? "" : html`<p class="text">${asked.text.trim()}</p>`}
${showExpected ? html`<p class="faint text">A person said: ${expected.trim()}</p>` : ""}
${examples.length === 0 ? "" : html`<details><summary>${examples.length} examples came before</summary><div class="examples">${examples.map(({ text }, i) => html`<div><div class="pictures">${pictures(`${i}`, frames.examples[i]!, "a picture of an example")}</div><p class="text">${text.trim()}</p></div>`)}</div></details>`}
<div class="answers">${answers.map((answer, i) => html`<section class="answer"><h2>${names[i]}</h2><div class="text" dir="auto">${answer === "" ? html`<em>nothing</em>` : answer}</div></section>`)}</div>
<form action="/judge" method="post"><input type="hidden" name="rater" value="${rater}"><input type="hidden" name="place" value="${place}">
<fieldset><legend>${mode === "score" ? "How good is the answer?" : "Which is better?"}</legend>
${choices[mode].map(([value, words, key, sign]) => html`<button name="value" value="${value}" data-key="${key}" aria-pressed="${String(before === value)}"><kbd>${sign}</kbd> ${words}</button>`)}</fieldset></form>
<nav>${place > 1 ? html`<a href="${judgeAt(rater, place - 1)}" data-key="${keys[0]}">Back</a>` : html`<span></span>`}${place < total ? html`<a href="${judgeAt(rater, place + 1)}" data-key="${keys[1]}">Later</a>` : ""}</nav>`,
    html`<header><p class="faint">${rater}: ${done} of ${total} judged</p><progress max="${total}" value="${done}" aria-label="judged"></progress></header>`,
  );
}

export function doneView(rater: string, total: number): Html {
  return framed(
    "All judged",
    html`<h1>All ${total} judged</h1><p>Thank you, ${rater}. Everything is kept.</p>
<nav><a href="${judgeAt(rater, total)}" data-key="ArrowLeft">Back to the last one</a><a href="/summary">What the ratings come to</a></nav>`,
  );
}

export function summaryView(summary: RatingSummary): Html {
  const { raters } = summary;
  return framed(
    "Ratings",
    html`<h1>Ratings</h1><div class="wide"><table><tbody>${summaryRows(summary).map(([what, value]) => html`<tr><th scope="row">${what}</th><td>${value}</td></tr>`)}</tbody></table></div>
<h2>Raters</h2><ul>${raters.map(({ name, rated, of }) => html`<li>${name}: ${rated} of ${of}</li>`)}</ul>
<p class="faint">Intervals are 95% bootstrap intervals over the questions. Alpha is 1 where raters always agree, and 0 where they agree no more than by chance.</p><p><a href="/">Judge</a></p>`,
  );
}

export function judgeAt(rater: string, place?: number): string {
  return `/judge?rater=${encodeURIComponent(rater)}${place === undefined ? "" : `&place=${place}`}`;
}

function framed(title: string, content: Html, header: Html | "" = ""): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · flamingo rate</title>
<link rel="stylesheet" href="/rate.css"><script src="/rate.js" defer></script></head>
<body>${header}<main>${content}</main></body></html>`;
}
