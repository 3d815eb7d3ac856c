import { closing, leading, numbered, openers } from "./abbreviations.ts";
import { letters, symbols } from "./characters.ts";
import type { Pattern } from "./longest-match.ts";
import * as p from "./patterns.ts";
import { ampersands, bracket, dash, ellipsis, named, parentheses, plainApostrophe, plainQuotes, unbroken } from "./token-text.ts";

const r = String.raw;

/** A kind of token. */
export interface Kind extends Pattern {
  /** The token's text for what was found; as it stands if this is missing. Empty: no token. */
  readonly text?: (found: string) => string;
}

/** What stands within a sentence. */
const inside = r`[,:;\u3001]`;
const nothing = () => "";

export const lineEnd = /^[\n-\r\u2028\u2029]$/;

/** Kinds of tokens. The longest match is taken, the first of those that are equally long. */
export const kinds: readonly Kind[] = [
  { source: r`[ \t\u00a0\u2000-\u200a\u3000]+`, text: nothing },

  // Markup.
  { source: p.tag },
  { source: r`&(md|mdash|ndash);|[\u0096\u0097\u2013-\u2015]`, text: dash },
  { source: "&nbsp;", text: nothing },
  { source: "&(amp|gt|lt);", text: (found) => named(found.toLowerCase()) },
  { source: "&(apos|quot|ht|tl|ur|lr|qc|ql|qr|odq|cdq|#[0-9]+);", text: named },

  // Two words written as one, and words with clitics.
  { source: "can", ahead: "not" },
  { source: "gon|wan", ahead: "na" },
  { source: "got", ahead: "ta" },
  { source: "gim|lem", ahead: "me" },
  { source: "'t", ahead: "is|was" },
  { source: r`[A-Za-z\u00ad]*[A-MO-Za-mo-z]\u00ad*`, ahead: p.negation, text: unbroken },
  { source: p.word, ahead: p.clitic, text: unbroken },
  { source: p.word, text: unbroken },

  // Addresses.
  { source: p.address },
  { source: p.host },
  { source: p.mail },
  { source: p.handle },

  { source: r`${closing}\.`, ahead: "[^][^]" },
  { source: r`${closing}\.` },
  { source: p.negation, text: plainApostrophe },
  { source: p.clitic, ahead: "[^A-Za-z]", text: plainApostrophe },

  // Numbers and money.
  { source: p.telephone, text: parentheses },
  { source: p.date },
  { source: p.number, text: unbroken },
  { source: p.fraction },
  { source: r`[\u00bc-\u00be\u2153\u2154]`, text: named },
  { source: r`[\u0080\u00a2-\u00a4\u20a0\u20ac]`, text: named },
  { source: r`[A-Z]*\$` },

  // Compounds.
  { source: p.compound },
  { source: "(anti|pro)-" },
  { source: p.firm, text: ampersands },
  { source: r`c\+\+|[cCfF]#` },

  // Abbreviations and initials.
  { source: "[A-Za-z]", ahead: r`\.${p.blank}+(${openers}${p.blank}|${p.tag}${p.blank})` },
  { source: r`[A-Za-z](\.[A-Za-z])*\.` },
  { source: r`(canada|eu|japan|korean|non|sino)-u\.s|u\.s\.-u\.(k|s\.s\.r)`, ahead: p.blank },
  { source: r`${p.firm}\.`, ahead: inside, text: ampersands },
  { source: r`(${p.word}|${p.compound}|${p.pointedCompound})\.`, ahead: inside, text: unbroken },
  { source: p.pointedCompound, text: unbroken },
  { source: p.file, ahead: r`${p.blank}|[.,!?]` },
  { source: r`${leading}\.` },
  { source: p.alternatives },
  { source: r`${numbered}\.`, ahead: `${p.blank}?${p.digit}` },

  { source: p.emoticon, ahead: "[^A-Za-z0-9]", text: parentheses },
  { source: p.face, text: parentheses },

  // Words with apostrophes.
  { source: `${p.apostrophe}(n${p.apostrophe}?|em|till?|cause|[2-9]0s)|[dDjJlL]${p.apostrophe}|(ol|dunkin|somethin)${p.apostrophe}` },
  { source: "'", ahead: r`[A-Za-z][^ \t\n\r\u00a0]`, text: () => "`" },
  { source: `${p.apostrophe}[0-9][0-9]`, ahead: p.blank },
  { source: p.innerApostrophe },
  { source: `li'l|nat'l|ev'ry|s'mores|nor'easter|e'er|cap${p.apostrophe}n|c'mon|c${p.apostrophe}est|o${p.anyApostrophe}o` },
  { source: `[yY]${p.apostrophe}`, ahead: `[${letters}]` },
  { source: p.clitic, text: plainApostrophe },

  // Punctuation.
  { source: r`\.{3,5}|\.([ \u00a0]\.){2,4}|[\u0085\u2026]`, text: ellipsis },
  { source: "[!?]+" },
  { source: "--+", text: dash },
  { source: r`##+|\*\*+|\\\*|@@+|__+|<<|>>` },
  { source: r`[()\[\]{}]`, text: bracket },
  { source: `''|"`, text: plainQuotes },
  { source: r`[\x60\u0091-\u0094\u2018\u2019\u201a-\u201f\u2039\u203a\u00ab\u00bb]{1,2}`, text: plainQuotes },

  // Signs.
  { source: r`[\u207a\u207b\u208a\u208b]?([\u00b2\u00b3\u00b9\u2070\u2074-\u2079]+|[\u2080-\u2089]+)` },
  { source: `[${symbols}]` },
  { source: r`[!-~\u00ad\u2044]`, text: unbroken },
  { source: r`[\n-\r\u2028\u2029]` },
];
