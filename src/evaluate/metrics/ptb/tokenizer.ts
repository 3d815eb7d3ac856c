import { kinds, lineEnd } from "./kinds.ts";
import { LongestMatch } from "./longest-match.ts";
import { lowerCase } from "./token-text.ts";

/**
 * The Penn Treebank tokenizer of Stanford CoreNLP 3.4.1 as the COCO caption evaluation runs it: `edu.stanford.nlp.process.PTBTokenizer -preserveLines -lowerCase`. The kinds were found and proven by asking that program;
 * its source was not opened. `tools/reference/caption_tokens.py` compares. Full stops that it adds after an abbreviation at the end of a sentence are left out: no caller keeps full stops.
 */

let automaton: LongestMatch | undefined;

/** Gives what finds the tokens of the line of `text` that begins at a place. Characters that belong to no kind separate tokens and are dropped. */
export function lineTokens(text: string): (start: number) => string[] {
  automaton ??= new LongestMatch(kinds);
  const match = automaton.over(text);
  return (start) => {
    const tokens: string[] = [];
    for (let at = start; at < text.length; ) {
      const found = match(at);
      if (found === undefined) {
        at++;
        continue;
      }
      const piece = text.slice(at, found.end);
      if (lineEnd.test(piece)) break;
      const token = kinds[found.pattern]!.text?.(piece) ?? piece;
      if (token !== "") tokens.push(lowerCase(token));
      at = found.end;
    }
    return tokens;
  };
}
