import { fileEndings } from "./abbreviations.ts";
import { digits, letters, marks } from "./characters.ts";

/** Parts that several kinds of tokens are made of, and the longer ones of single kinds. Written as `Pattern` of longest-match.ts. */

const r = String.raw;

export const apostrophe = r`(['\u0092\u2019]|&apos;)`;
/** With those that open a quotation, where a word leaves no doubt. */
export const anyApostrophe = r`(['\x60\u0091\u0092\u2018\u2019\u201b]|&apos;)`;

export const blank = r`[ \t-\r\u0085\u00a0\u2000-\u200a\u2028\u2029\u3000]`;

export const digit = `[${digits}]`;
/** Soft hyphens belong to words; so do accented letters as HTML writes them. */
export const letter = r`([${letters}${marks}\u00ad]|&[aeiouAEIOU](acute|grave|uml);)`;
const wordPart = `${letter}(${letter}|${digit})*`;
export const word = `${wordPart}([.!?]${wordPart})*`;

/** Word and clitic: `n't`, `'s`, `'ll`. */
export const negation = r`[nN]${anyApostrophe}[tT]`;
export const clitic = r`${apostrophe}([msdMSD]|ll|re|ve)`;

const plain = `[${letters}${digits}]`;
const elided = `([dDoOlL]${anyApostrophe}${plain})?${plain}+`;
/** `t-shirt`, `d'Arc-en-Ciel`, `foo_bar`, `1990`. */
export const compound = r`${elided}([_\-\u058a\u2010\u2011]${elided})*`;
/** `St.-Denis`, `5,-mark`, `non-U.S.`. */
export const pointedCompound = r`[A-Za-z0-9][A-Za-z0-9.,\u00ad]*(-([A-Za-z0-9\u00ad]+|[A-Za-z](\.[A-Za-z])+\.))+`;
/** `AT&T`, `A+B`. */
export const firm = "[A-Z]+(([+&]|&amp;)[A-Z]+)+";
const side = "[A-Za-z0-9]+(-[A-Za-z]+){0,2}";
/** `and/or`, `A/C`. */
export const alternatives = r`${side}(\\?/${side}){1,2}`;
/** `Xi'an`, `Hallowe'en`; `N'Djamena`. */
export const innerApostrophe = `[${letters}]+[aeiouyAEIOUY]${anyApostrophe}[aeiouA-Z][${letters}]*|[A-HJ-XZn]${anyApostrophe}[${letters}]{2,}`;

const tagName = r`[A-Za-z][A-Za-z0-9_:.\-]*`;
const quotation = r`('[^'\n]*'|"[^"\n]*")`;
export const tag = r`<([!?][A-Za-z\-][^>\n\r]*|${tagName}( +${tagName}( *= *${quotation})?)* */?|/${tagName}) *>`;

/** What ends an address is neither a bracket nor punctuation. */
const addressEnd = r`[^ \t\n\f\r"<>|(){}.,!?\-]`;
export const address = r`https?://[^ \t\n\f\r"<>|(){}]+${addressEnd}`;
const path = r`/[^ \t\n\f\r"<>|()]+${addressEnd}`;
/** Without a protocol. As the original has it, names of hosts other than `www` hold neither capitals nor digits: those are words. */
export const host = r`(www\.([^ \t\n\f\r"<>|(){}.,!?]+\.)+[A-Za-z]{2,4}|([^ \t\n\f\r"'\x60|!(){}$,-_]+\.)+(com|edu|net|org))(${path})?`;
const mailPart = r`[^ \t\n\f\r"<>|(){}.\u00a0]+`;
export const mail = r`(&lt;|<)?[A-Za-z0-9][^ \t\n\f\r"<>|(){}\u00a0]*@(${mailPart}\.)*${mailPart}(&gt;|>)?`;
export const handle = `@[A-Za-z_][A-Za-z0-9_]*|#${letter}+`;
export const file = r`(${letter}|${digit})+(\.(${letter}|${digit})+)*\.${fileEndings}`;

export const number = r`[+\-]?(${digit}+|${digit}*([.,:\u00ad\u066b\u066c]${digit}+)+)`;
export const date = r`${digit}{1,2}[\-/]${digit}{1,2}[\-/]${digit}{2,4}`;
/** `3/4`, `1 1/2`, `1-1/2`. */
export const fraction = r`(${digit}{1,4}[\- \u00a0])?${digit}{1,4}(\\?/|\u2044)${digit}{1,4}`;

const joint = r`[ \u00a0\-]`;
const area = "[0-9]{2,4}";
const subscriber = `[0-9]{3,4}${joint}?[0-9]{3,5}`;
const abroad = r`(\+\+?)?`;
/** In groups of digits with blanks or hyphens between, or with points. */
export const telephone = [
  r`\([0-9]{2,3}\)[ \u00a0]?${subscriber}`,
  `${abroad}(${area}${joint}){1,2}${subscriber}`,
  r`(${abroad}${area}\.)?${area}\.[0-9]{3,4}\.[0-9]{3,5}`,
].join("|");

export const emoticon = r`[<>]?[:;=][\-'*o]?[()@DOPdp\[\]\\{|]`;
const eye = r`['<=>^x~\-]`;
const wideEye = "['<=>^x~]";
/** Upright ones: `^_^`, `(-_-)`. */
export const face = r`${eye}_${eye}|\(${eye}[_.]?${eye}\)|\(${wideEye}-${wideEye}\)`;
