import { lineTokens } from "./ptb/tokenizer.ts";
import { splitWords } from "./python-text.ts";

/** What the COCO caption evaluation drops. Brackets it means to drop, but looks for them in capitals after the tokenizer wrote them small; so `-lrb-` stays. */
const punctuation = new Set(["''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"]);

/**
 * Words of captions for CIDEr, as `PTBTokenizer().tokenize` of the PyPI package pycocoevalcap 1.2 gives them: lower case, without punctuation, clitics (`'s`, `n't`) apart.
 *
 * That reads all captions of a call as lines of one file, so what follows counts where a caption ends: "vitamin b." keeps its full stop unless the next caption begins with "The". Captions of one
 * call there belong into one call here. Of a caption that holds a line end other than `\n`, which is a blank (`\r`, `\v`, `\f`, U+2028, U+2029), only the first line counts, as if it were alone:
 * there, its lines take the places of the captions after it.
 *
 * @returns the words of each caption
 */
export function captionsTokens(captions: readonly string[]): string[][] {
  const lines = captions.map((caption) => caption.replaceAll("\n", " "));
  const tokens = lineTokens(lines.join("\n"));
  let start = 0;
  return lines.map((line) => {
    const kept = tokens(start).filter((token) => !punctuation.has(token));
    start += line.length + 1;
    return kept.flatMap(splitWords);
  });
}

/** Words of one caption, as those of a call give it whose next caption is empty: not the last, where the end of the file counts ("nice :)" has no emoticon there). */
export function captionTokens(caption: string): string[] {
  return captionsTokens([caption, ""])[0]!;
}
