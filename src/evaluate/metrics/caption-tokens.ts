/** What the Penn Treebank tokenizer of the COCO caption evaluation drops. */
const punctuation = new Set(["''", "'", "``", "`", "-lrb-", "-rrb-", "-lcb-", "-rcb-", ".", "?", "!", ",", ":", "-", "--", "...", ";"]);

/**
 * Words of a caption for CIDEr: lower case, without punctuation, clitics (`'s`, `n't`) apart. Follows the COCO evaluation's tokenizer for plain English captions; symbols, abbreviations
 * and quotation styles that captions do not have are not told apart as finely.
 */
export function captionTokens(caption: string): string[] {
  const spaced = caption
    .replaceAll("\n", " ")
    .replace(/([.,!?;:()"…])(?=\s|$|["')])|(?<=^|\s)(["'(])/g, " $1$2 ")
    .replace(/\(/g, " -lrb- ")
    .replace(/\)/g, " -rrb- ")
    .replace(/"/g, " '' ")
    .replace(/([a-z])(n't)\b/gi, "$1 $2")
    .replace(/(\w)('(?:s|m|d|ll|re|ve))\b/gi, "$1 $2");
  return spaced
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "" && !punctuation.has(word));
}
