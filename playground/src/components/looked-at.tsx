import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ExplainedAnswer } from "../answering/answerer.ts";
import { explain, explaining, explanation, explanationError, fewShot } from "../state/answers.ts";
import { sentenceOf } from "../state/sentence.ts";
import { question } from "../state/task-state.ts";
import { HeatedPicture } from "./heated-picture.tsx";
import { Problem } from "./problem.tsx";

/** Where the model looked for each word of the answer. */
export function LookedAt() {
  if (fewShot.value.state !== "done" || fewShot.value.text === "") return null;
  return (
    <section class="panel looked" aria-labelledby="looked-title">
      <h2 id="looked-title">What it looked at</h2>
      {explanation.value === undefined ? (
        <button type="button" disabled={explaining.value} onClick={explain}>
          {explaining.value ? "Looking…" : "Show it for each word"}
        </button>
      ) : (
        <Explained {...explanation.value} />
      )}
      <Problem text={explanationError.value === undefined ? "" : sentenceOf(explanationError.value)} />
    </section>
  );
}

function Explained({ words, layers, media }: ExplainedAnswer) {
  const chosen = useSignal(0);
  useEffect(() => {
    chosen.value = Math.max(
      0,
      words.findLastIndex(({ text }) => text.trim() !== ""),
    );
  }, [words]);
  const word = words[chosen.value] ?? words[0]!;
  // The question's picture is the last one.
  const look = word.media.at(-1)!;
  const frame = media.find(({ index }) => index === look.index)!.frames[0]!;
  const url = question.value.picture!.url;
  return (
    <>
      <fieldset class="words">
        <legend class="unseen">Word</legend>
        {words.map(({ text, logProbability }, i) => (
          <label key={i}>
            <input type="radio" name="word" checked={chosen.value === i} onChange={() => (chosen.value = i)} />
            <span>
              {text.trim() || "␣"} <small>{percent(Math.exp(logProbability))}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <HeatedPicture url={url} frame={frame} look={look.average} caption={`All layers: ${sharesOf(look.average)}`} large />
      <details>
        <summary>By layer</summary>
        <div class="layers">
          {look.layers.map((layer, i) => (
            <HeatedPicture key={i} url={url} frame={frame} look={layer} caption={`${layerName(layers[i]!)}: ${sharesOf(layer)}`} />
          ))}
        </div>
      </details>
      <p class="hint">Where attention went at this word, not what caused it. The strongest place of each map has the full colour.</p>
    </>
  );
}

function layerName({ block, gates: { attention } }: ExplainedAnswer["layers"][number]): string {
  return `Block ${block}, ${attention.length === 1 ? `gate ${attention[0]!.toFixed(3)}` : `${attention.length} gates`}`;
}

function sharesOf({ map, evidence, classToken, learnt }: ExplainedAnswer["words"][number]["media"][number]["average"]): string {
  const parts = { "the picture": map.flat(2), "the classifier's verdict": evidence, "the class token": classToken, "what is learnt": [learnt] };
  return Object.entries(parts)
    .map(([what, values]) => [what, values.reduce((sum, value) => sum + value, 0)] as const)
    .filter(([, share]) => share > 0)
    .map(([what, share]) => `${percent(share)} ${what}`)
    .join(", ");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`;
}
