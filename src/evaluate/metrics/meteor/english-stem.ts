/** The English stemmer of Snowball ("Porter2") as it was when METEOR 1.5 took it: later versions differ in a few words. */

const vowels = "aeiouy";
/** Words that have a stem of their own. */
const irregular = new Map(
  Object.entries({
    ...{ skis: "ski", skies: "sky", dying: "die", lying: "lie", tying: "tie", idly: "idl", gently: "gentl", ugly: "ugli", early: "earli", only: "onli" },
    ...{ singly: "singl", sky: "sky", news: "news", howe: "howe", atlas: "atlas", cosmos: "cosmos", bias: "bias", andes: "andes" },
  }),
);
const keptAfterPlural = new Set(["inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed"]);

type Rules = readonly (readonly [ending: string, becomes: string, after?: RegExp])[];
const derived: Rules = [
  ...([
    ["ational", "ate"],
    ["tional", "tion"],
    ["enci", "ence"],
    ["anci", "ance"],
    ["abli", "able"],
    ["entli", "ent"],
    ["izer", "ize"],
    ["ization", "ize"],
  ] as const),
  ...([
    ["ation", "ate"],
    ["ator", "ate"],
    ["alism", "al"],
    ["aliti", "al"],
    ["alli", "al"],
    ["fulness", "ful"],
    ["ousli", "ous"],
    ["ousness", "ous"],
  ] as const),
  ...([
    ["iveness", "ive"],
    ["iviti", "ive"],
    ["biliti", "ble"],
    ["bli", "ble"],
    ["ogi", "og", /l$/],
    ["fulli", "ful"],
    ["lessli", "less"],
    ["li", "", /[cdeghkmnrt]$/],
  ] as const),
];
const adjectival: Rules = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["alize", "al"],
  ["icate", "ic"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
];
const removed: Rules = [
  ...["al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ism", "ate", "iti", "ous", "ive", "ize"].map(
    (ending) => [ending, ""] as const,
  ),
  ["ion", "", /[st]$/],
];

/** @param word - in small letters */
export function englishStem(word: string): string {
  const known = irregular.get(word);
  if (known !== undefined) return known;
  if (word.length <= 2) return word;
  // A y that is a consonant is written Y.
  const marked = word
    .replace(/^'/, "")
    .replace(/^y/, "Y")
    .replace(/([aeiouy])y/g, "$1Y");
  const first = regionAfter(marked, 0, /^(?:gener|commun|arsen)/);
  const second = regionAfter(marked, first);
  const singular = withoutPlural(marked.replace(/'s'$|'s$|'$/, ""));
  if (keptAfterPlural.has(singular)) return singular;
  let stem = withoutTense(singular, first).replace(/(?<=.[^aeiouy])[yY]$/, "i");
  stem = replaced(stem, derived, first);
  stem = stem.endsWith("ative") ? (stem.length - 5 >= second ? stem.slice(0, -5) : stem) : replaced(stem, adjectival, first);
  stem = replaced(stem, removed, second);
  return withoutLast(stem, first, second).toLowerCase();
}

/** Where what follows the first consonant after a vowel begins. */
function regionAfter(word: string, from: number, prefix?: RegExp): number {
  const begun = prefix?.exec(word)?.[0].length;
  if (begun !== undefined) return begun;
  for (let at = from; at + 1 < word.length; at++) if (vowels.includes(word[at]!) && !vowels.includes(word[at + 1]!)) return at + 2;
  return word.length;
}

function withoutPlural(word: string): string {
  if (word.endsWith("sses")) return word.slice(0, -2);
  if (/(?:ied|ies)$/.test(word)) return word.slice(0, word.length > 4 ? -2 : -1);
  if (/(?:us|ss)$/.test(word)) return word;
  return /[aeiouy].+s$/.test(word) ? word.slice(0, -1) : word;
}

function withoutTense(word: string, first: number): string {
  const [, ending] = /(eedly|ingly|edly|eed|ing|ed)$/.exec(word) ?? [];
  if (ending === undefined) return word;
  const before = word.slice(0, -ending.length);
  if (ending.startsWith("ee")) return before.length >= first ? `${before}ee` : word;
  if (!/[aeiouy]/.test(before)) return word;
  if (/(?:at|bl|iz)$/.test(before)) return `${before}e`;
  if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(before)) return before.slice(0, -1);
  return before.length === first && endsShort(before) ? `${before}e` : before;
}

/** The longest ending that is there is taken, or left where it begins too early or after the wrong letter. */
function replaced(word: string, rules: Rules, region: number): string {
  const found = rules.filter(([ending]) => word.endsWith(ending)).sort(([a], [b]) => b.length - a.length)[0];
  if (found === undefined) return word;
  const [ending, becomes, after] = found;
  const before = word.slice(0, -ending.length);
  return before.length >= region && (after === undefined || after.test(before)) ? before + becomes : word;
}

function withoutLast(word: string, first: number, second: number): string {
  const before = word.slice(0, -1);
  if (word.endsWith("e")) return before.length >= second || (before.length >= first && !endsShort(before)) ? before : word;
  return word.endsWith("ll") && before.length >= second ? before : word;
}

/** Whether it ends in a short syllable. */
function endsShort(word: string): boolean {
  return /[^aeiouy][aeiouy][^aeiouywxY]$/.test(word) || /^[aeiouy][^aeiouy]$/.test(word);
}
