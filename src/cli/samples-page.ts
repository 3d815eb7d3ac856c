import type { Sample } from "../data/samples/sample.ts";
import { escapeHtml } from "./answer-page.ts";

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
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
body { font: 16px/1.4 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
section { border-top: 1px solid #ddd; margin: 1.5rem 0; }
h2 { font-size: 1.1rem; overflow-wrap: anywhere; }
small { color: #666; font-weight: normal; }
img { max-width: 20rem; max-height: 20rem; border: 1px solid #ddd; display: block; }
.video { display: flex; flex-wrap: wrap; gap: 4px; }
.video img { max-width: 10rem; }
p { white-space: pre-line; overflow-wrap: anywhere; }
p.broken { color: #c92a2a; }
</style>
<h1>${escapeHtml(title)}</h1>
${sections.join("\n")}
</html>
`;
}
