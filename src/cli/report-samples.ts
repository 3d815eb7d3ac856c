/** Questions of a report with the examples that came before them, the answers, and what was right. */
import { modelName } from "../evaluate/answerers.ts";
import type { MediaFile } from "../evaluate/question.ts";
import type { WrittenSample } from "../evaluate/results.ts";
import { mediaKey } from "../evaluate/shown-media.ts";
import { escapeHtml } from "./html-page.ts";
import type { NamedReport } from "./named-report.ts";
import type { ReportPictures } from "./report-pictures.ts";

/** Samples of a task, by the number of shots; those of the largest number are open. */
export function taskSamples(task: string, figure: string, reports: readonly NamedReport[], pictures: ReportPictures): string {
  const samples = reports[0]!.report.samples.filter((each) => each.task === task && each.trial === 0);
  const groups = [...Map.groupBy(samples, ({ shots }) => shots)].toSorted(([a], [b]) => a - b);
  return groups
    .map(([shots, of], i) => {
      const drawn = of.map((sample) => sampleHtml(sample, figure, reports, pictures));
      return `<details${i === groups.length - 1 ? " open" : ""}><summary>${of.length} of the answers after ${shots} shots</summary>${drawn.join("\n")}</details>`;
    })
    .join("\n");
}

function sampleHtml(sample: WrittenSample, figure: string, reports: readonly NamedReport[], pictures: ReportPictures): string {
  const { examples, asked, expected, choices, answers, scores } = sample;
  const given = reports.map(({ name, report }, i) => ({ name, found: i === 0 ? sample : report.samples.find((each) => isSame(each, sample)) }));
  const said = given.flatMap(({ name, found }) => (found === undefined ? [] : [saying(reports.length === 1 ? "model" : name, found, modelName, figure)]));
  const others = Object.keys(answers).filter((answerer) => answerer !== modelName);
  const verdict = scores[modelName] === undefined ? "" : scores[modelName] >= 0.5 ? " right" : " wrong";
  const rest = [
    ...(choices === undefined ? [] : [`<p>Choices: ${escapeHtml(choices.map((each) => each.trim()).join(", "))}</p>`]),
    `<dl>${others.map((answerer) => saying(answerer, sample, answerer, figure)).join("\n")}</dl>`,
  ];
  return `<article class="sample${verdict}"><div class="strip">
${examples.map(({ media, text }) => figureHtml(media, escapeHtml(text), "example", pictures)).join("\n")}
${figureHtml(asked.media, escapeHtml(asked.text), "asked", pictures)}
</div><dl>${said.join("\n")}
<dt>expected</dt><dd>${escapeHtml(expected.trim() || "known to the benchmark's server alone")}</dd></dl>
${others.length === 0 && choices === undefined ? "" : `<details><summary>What else was answered</summary>${rest.join("\n")}</details>`}</article>`;
}

function saying(name: string, { answers, scores }: WrittenSample, answerer: string, figure: string): string {
  const score = scores[answerer];
  const judged = score === undefined ? "" : score === 1 ? "right" : score === 0 ? "wrong" : `${figure} ${(100 * score).toFixed(1)}`;
  const answer = answers[answerer];
  return `<dt>${escapeHtml(name)}</dt><dd>${answer === "" ? "<em>nothing</em>" : `<strong>${escapeHtml(answer ?? "")}</strong>`}${judged === "" ? "" : ` <small>${escapeHtml(judged)}</small>`}</dd>`;
}

function isSame(one: WrittenSample, other: WrittenSample): boolean {
  return one.task === other.task && one.shots === other.shots && one.trial === other.trial && one.id === other.id;
}

function figureHtml(media: readonly MediaFile[], text: string, kind: string, pictures: ReportPictures): string {
  const drawn = media.map((file) => {
    const found = pictures.get(mediaKey(file))!;
    if ("reason" in found) return `<p class="broken">${escapeHtml(found.reason)}</p>`;
    const name = escapeHtml(file.path);
    const frames = found.map(
      ({ id, width, height }, i) =>
        `<svg class="picture" viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}${found.length === 1 ? "" : `, frame ${i + 1}`}"><use href="#${id}"/></svg>`,
    );
    return file.kind === "video" ? `<div class="video">${frames.join("")}</div>` : frames.join("");
  });
  return `<figure class="${kind}">${drawn.join("")}<figcaption>${text.trim()}</figcaption></figure>`;
}

/** Every picture once; the samples refer to them. */
export function pictureStore(pictures: ReportPictures): string {
  const images = [...pictures.values()]
    .flatMap((frames) => ("reason" in frames ? [] : frames))
    .map(({ id, width, height, url }) => `<image id="${id}" width="${width}" height="${height}" href="${url}"/>`);
  return `<svg width="0" height="0" class="store" aria-hidden="true"><defs>\n${images.join("\n")}\n</defs></svg>`;
}
