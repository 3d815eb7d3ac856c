/** A report of one run, or of two beside each other, as a page that needs no other file. */
import { modelName } from "../evaluate/answerers.ts";
import { compareResults, comparison } from "../evaluate/report/compare-results.ts";
import { figureStyle } from "./figure-style.ts";
import { escapeHtml, htmlPage } from "./html-page.ts";
import type { NamedReport } from "./named-report.ts";
import type { ReportPictures } from "./report-pictures.ts";
import { taskPlot } from "./report-plot.ts";
import { pictureStore, taskSamples } from "./report-samples.ts";
import { comparisonHtml, otherFigures, taskTable } from "./report-tables.ts";

/** @param reports - one or two; tasks and samples are those of the first */
export function reportPage(reports: readonly NamedReport[], pictures: ReportPictures): string {
  const [first, second] = reports;
  const names = reports.map(({ name }) => name).join(" and ");
  const tasks = [...new Set(first!.report.results.map(({ task }) => task))];
  const compared = second === undefined ? "" : comparisonSection([first!, second]);
  const sections = tasks.map((task) => {
    const figure = first!.report.results.flatMap((each) => (each.task === task && each.answerer === modelName ? Object.keys(each.measures ?? {}) : []))[0];
    const drawn =
      figure === undefined
        ? "<p>The right answers of this split are with its evaluation server.</p>"
        : `${taskPlot(task, figure, reports)}\n${taskTable(task, figure, reports)}\n${otherFigures(task, figure, reports)}`;
    return `<section id="task-${tasks.indexOf(task)}"><h2>${escapeHtml(task)}</h2>\n${drawn}\n${findingsOf(task, reports)}\n${taskSamples(task, figure ?? "", reports, pictures)}</section>`;
  });
  const links = tasks.map((task, i) => `<a href="#task-${i}">${escapeHtml(task)}</a>`);
  return htmlPage({
    title: `flamingo-vlm: ${names}`,
    style,
    body: `<h1>${escapeHtml(names)}</h1>
<p>Figures in percent with 95% intervals over the questions. Beside the model stands what it reaches with something taken away, and what others reach without it; "model +5" is how much more it reaches than they do, on the same questions.</p>
${tasks.length < 2 ? "" : `<nav>${links.join("\n")}</nav>`}
${compared}
${sections.join("\n")}
<h2>Where the figures come from</h2>
${reports.map(provenance).join("\n")}
<p><small>Shown are the first questions of each task that were answered well and the first that were not: no random sample.</small></p>
${pictureStore(pictures)}`,
  });
}

/** Sentences about a task begin with its name. */
function findingsOf(task: string, reports: readonly NamedReport[]): string {
  const sentences = reports.flatMap(({ name, report }) =>
    report.findings.flatMap((sentence) => {
      const [, about] = sentence.startsWith(`${task}, `) ? (/^(\d+ shots: .*)$/s.exec(sentence.slice(task.length + 2)) ?? []) : [];
      return about === undefined ? [] : [reports.length === 1 ? about : `${name}, ${about}`];
    }),
  );
  return sentences.length === 0 ? "" : `<ul>${sentences.map((each) => `<li>${escapeHtml(each)}</li>`).join("\n")}</ul>`;
}

function comparisonSection(reports: readonly [NamedReport, NamedReport]): string {
  const [first, second] = reports;
  const names = [first.name, second.name] as const;
  const compared = compareResults(first.report, second.report);
  if (compared.length === 0) return "<p>The two runs have no figure that can be compared question by question.</p>";
  const sentences = compared.filter(({ trial }) => trial === 0).map((each) => `<li>${escapeHtml(comparison(each, names))}</li>`);
  return `<h2>${escapeHtml(names.join(" against "))}</h2>\n${comparisonHtml(compared, names)}\n<ul>${sentences.join("\n")}</ul>`;
}

function provenance({ name, report }: NamedReport): string {
  const { provenance: facts, tasks } = report;
  const rows = Object.entries(facts).map(
    ([what, value]) => `<dt>${escapeHtml(what)}</dt><dd>${escapeHtml(typeof value === "string" ? value : JSON.stringify(value))}</dd>`,
  );
  const hashes = tasks.map(
    ({ task, shots, trial, questions, prompts, pictures }) =>
      `<li>${escapeHtml(`${task}, ${shots} shots${trial > 0 ? `, trial ${trial + 1}` : ""}: ${questions} questions, prompts ${prompts.slice(0, 16)}, pictures ${pictures.slice(0, 16)}`)}</li>`,
  );
  return `<details><summary>${escapeHtml(name)}</summary><dl class="facts">${rows.join("\n")}</dl><ul>${hashes.join("\n")}</ul></details>`;
}

const style = `${figureStyle}
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
a { color: inherit; }
section { border-top: 1px solid var(--line); margin-top: 2rem; }
summary { cursor: pointer; padding: .25rem 0; }
.plot { width: 100%; max-width: 34rem; height: auto; font-family: system-ui, 'DejaVu Sans', sans-serif; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; font-weight: normal; white-space: normal; min-width: 7rem; }
thead th { font-weight: 600 !important; }
th[scope="rowgroup"] { font-weight: 600; font-size: .85rem; padding-top: .8rem; }
tr.model { background: var(--good-ground); }
tr.model > * { font-weight: 600; }
td small { display: block; white-space: normal; min-width: 6.5rem; }
.sample { border-left: 4px solid var(--line); padding: .25rem 0 .25rem .75rem; margin: 1rem 0; }
.sample.right { border-color: var(--good); }
.sample.wrong { border-color: var(--bad); }
.sample figure { width: 8rem; padding: .4rem; border: 1px solid var(--line); border-radius: .4rem; }
.sample figure.asked { border: 2px solid var(--ink); }
.picture { display: block; width: 100%; max-height: 8rem; margin-bottom: .25rem; }
.video { display: grid; grid-template-columns: 1fr 1fr; gap: 2px; }
figcaption, dd { white-space: pre-line; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: minmax(5rem, max-content) 1fr; gap: .15rem .75rem; margin: .5rem 0; }
dl > dt { color: var(--faint); max-width: 14rem; }
dd { margin: 0; }
.broken { color: var(--bad); font-size: .8rem; overflow-wrap: anywhere; }
.store { position: absolute; }`;
