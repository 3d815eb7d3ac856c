import type { ExplainedFrame, Explanation, Look } from "../index.ts";
import { escapeHtml, htmlPage } from "./html-page.ts";

/** How an explanation is drawn: data URLs of the pictures, [media][frames], and of maps. */
export interface ExplanationDrawing {
  readonly pictures: readonly (readonly string[])[];
  /** Of each frame of a look. */
  readonly heat: (look: Look) => Promise<readonly string[]>;
}

/** A page that needs no other file: for each word of an answer, heat over the pictures, averaged and by layer. */
export async function explanationPage({ words, layers, media }: Explanation, { pictures, heat }: ExplanationDrawing): Promise<string> {
  const figure = async (look: Look, medium: number, name: string): Promise<string> => {
    const drawn = (await heat(look)).map((source, frame) => {
      const { area } = media[medium]!.frames[frame]!;
      const place = `left:${percent(area.left, 3)};top:${percent(area.top, 3)};width:${percent(area.width, 3)};height:${percent(area.height, 3)}`;
      return `<div class="picture ${pictureClass(medium, frame)}"><img src="${source}" alt="" style="${place}"></div>`;
    });
    return `<figure>${drawn.join("")}<figcaption>${escapeHtml(`${name}: ${shares(look)}`)}</figcaption></figure>`;
  };
  const sections = words.map(async ({ text, logProbability, media: looks }) => {
    const averages = looks.map(({ average }, medium) => figure(average, medium, "all layers"));
    const single = looks.flatMap((look, medium) => look.layers.map((layer, i) => figure(layer, medium, layerName(layers[i]!))));
    return `<section><h2>${escapeHtml(text.trim())} <small>${percent(Math.exp(logProbability))} likely</small></h2><div class="strip">${(await Promise.all(averages)).join("")}</div>
<details><summary>By layer</summary><div class="strip">${(await Promise.all(single)).join("")}</div></details></section>`;
  });
  const backgrounds = media.flatMap(({ frames }, medium) => frames.map((frame, i) => backgroundRule(pictureClass(medium, i), frame, pictures[medium]![i]!)));
  return htmlPage({
    title: "flamingo-vlm: where the model looked",
    style: `${style}\n${backgrounds.join("\n")}`,
    body: `<h1>Where the model looked for each word</h1>
<p>What each cross-attention attended to at the token before the word, traced to the places of the picture. The strongest place of each map has the full colour. It says where attention went, not what caused the word.</p>
${(await Promise.all(sections)).join("\n")}`,
  });
}

const style = `body { max-width: 80rem; }
figure { width: 15rem; max-width: 100%; }
details figure { width: 10rem; }
.picture { position: relative; overflow: hidden; border: 1px solid var(--line); margin-bottom: .25rem; background-size: 100% 100%; }
.picture img { position: absolute; }`;

function pictureClass(medium: number, frame: number): string {
  return `picture-${medium}-${frame}`;
}

function backgroundRule(name: string, { width, height }: ExplainedFrame, picture: string): string {
  return `.${name} { background-image: url(${picture}); aspect-ratio: ${width} / ${height}; }`;
}

/** Of the whole attention. */
function shares({ map, evidence, classToken, learnt }: Look): string {
  const parts = { picture: map.flat(2), "classifier's evidence": evidence, "class token": classToken, "learnt latents": [learnt] };
  return Object.entries(parts)
    .map(([what, values]) => [what, values.reduce((sum, value) => sum + value, 0)] as const)
    .filter(([, share]) => share > 0)
    .map(([what, share]) => `${what} ${percent(share)}`)
    .join(", ");
}

function layerName({ block, gates: { attention } }: Explanation["layers"][number]): string {
  return `block ${block}, ${attention.length === 1 ? `gate ${attention[0]!.toFixed(3)}` : `${attention.length} gates`}`;
}

function percent(share: number, digits = 0): string {
  return `${(100 * share).toFixed(digits)}%`;
}
