import type { Sample } from "../data/samples/sample.ts";
import { escapeHtml, htmlPage } from "./html-page.ts";

export interface ShownSample {
  readonly shard: string;
  readonly sample: Sample;
  /** Of each of its media in their order data URLs, of a video one for each frame, or why it cannot be shown. */
  readonly media: readonly (readonly string[] | { readonly reason: string })[];
}

/** Samples as a page that needs no other file: text and pictures in their order. */
export function samplesPage(title: string, samples: readonly ShownSample[]): string {
  const sections = samples.map(({ shard, sample, media }) => {
    let next = 0;
    const pieces = sample.pieces.map((piece) => {
      if (piece.kind === "text") return `<p>${escapeHtml(piece.text)}</p>`;
      const shown = media[next++]!;
      if ("reason" in shown) return `<p class="broken">${escapeHtml(`${piece.name}: ${shown.reason}`)}</p>`;
      const images = shown.map((url, i) => `<img src="${url}" alt="${escapeHtml(shown.length === 1 ? piece.name : `${piece.name}, frame ${i + 1}`)}">`);
      return `<div class="${piece.kind}">${images.join("\n")}</div>`;
    });
    return `<section><h2>${escapeHtml(sample.key)} <small>${sample.form}, ${escapeHtml(shard)}</small></h2>${pieces.join("\n")}</section>`;
  });
  return htmlPage({ title, style, body: `<h1>${escapeHtml(title)}</h1>\n${sections.join("\n")}` });
}

const style = `body { max-width: 50rem; }
section { border-top: 1px solid var(--line); margin: 1.5rem 0; }
h2 { font-size: 1.1rem; }
img { max-width: min(20rem, 100%); max-height: 20rem; border: 1px solid var(--line); display: block; }
.video { display: flex; flex-wrap: wrap; gap: 4px; }
.video img { max-width: 10rem; }
p { white-space: pre-line; overflow-wrap: anywhere; }
p.broken { color: var(--bad); }`;
