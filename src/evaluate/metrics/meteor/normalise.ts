/** Captions as METEOR 1.5 divides them into words (its option `-norm`, for English): punctuation apart, contractions split, abbreviations without their dots. */

const letters = "A-Za-zŠŽšžŸÀ-ÖØ-öø-žЀ-ӿԀ-ԧꙀ-ꙮ꙾-ꚗᴀ-ᵿ";
const all = (pattern: string): RegExp => new RegExp(pattern, "gu");

/** What stands alone, whatever is beside it. */
const sign = all(`([^0-9${letters}\\t\\n\\v\\f\\r .'\`,\\-‘’])`);
const dots = "DOTMULTI";
/** In this order. */
const rules: readonly (readonly [pattern: RegExp, becomes: string])[] = [
  // Commas within numbers stay.
  [all("([^0-9]),([^0-9])"), "$1 , $2"],
  [all("([0-9]),([^0-9])"), "$1 , $2"],
  [all("([^0-9]),([0-9])"), "$1 , $2"],
  [all("[`‘’]"), "'"],
  [all("[“”]|''"), ' " '],
  [all("–"), "-"],
  [all("--"), "-"],
  [all(`([0-9${letters}.])-([0-9${letters}])`), "$1 $2"],
  [all(`([^${letters}])'([^${letters}])`), "$1 ' $2"],
  [all(`([^${letters}0-9])'([${letters}])`), "$1 ' $2"],
  [all(`([${letters}])'([^${letters}])`), "$1 ' $2"],
  [all(`([${letters}])'([${letters}])`), "$1 '$2"],
  [all("([0-9])'(s)"), "$1 '$2"],
];

/** Words that keep the dot behind them: always, or before a number. */
export type Abbreviations = ReadonlyMap<string, "always" | "before numbers">;

/** @param text - the jar's `nonbreaking/english.prefixes` */
export function abbreviationsIn(text: string): Abbreviations {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  return new Map(
    lines.flatMap(([word, more]) => (word === "" || word!.startsWith("#") ? [] : [[word!, more === "#NUMERIC_ONLY#" ? "before numbers" : "always"]])),
  );
}

/** @returns words in small letters */
export function meteorWords(caption: string, abbreviations: Abbreviations): string[] {
  let text = ` ${caption} `.replace(sign, " $1 ").replace(/\.(\.+)/gu, ` ${dots}$1`);
  while (text.includes(`${dots}.`)) text = text.replace(/DOTMULTI\.([^.])/gu, `DOT${dots} $1`).replaceAll(`${dots}.`, `DOT${dots}`);
  for (const [pattern, becomes] of rules) text = text.replace(pattern, becomes);
  const parts = text.split(/[ \t\n\r\f]+/).filter((part) => part !== "");
  let joined = parts.map((part, i) => withoutDot(part, parts[i + 1], abbreviations)).join(" ");
  while (joined.includes(`DOT${dots}`)) joined = joined.replaceAll(`DOT${dots}`, `${dots}.`);
  return joined
    .replaceAll(dots, ".")
    .replace(/[ \u2000-\u200a\u202f\u205f\u3000\u00a0]+/gu, " ")
    .toLowerCase()
    .split(/[ \t\n\r\f]+/)
    .filter((word) => word !== "");
}

function withoutDot(part: string, next: string | undefined, abbreviations: Abbreviations): string {
  if (part.length < 2 || !part.endsWith(".")) return part;
  const word = part.slice(0, -1);
  // U.S. is US.
  if (word.includes(".") && new RegExp(`[${letters}]`, "u").test(word)) return part.replaceAll(".", "");
  const kept = abbreviations.get(word);
  if (kept === "always" || (next !== undefined && /^[a-z]/.test(next))) return part;
  return kept === "before numbers" && next !== undefined && /^[0-9]/.test(next) ? part : `${word} .`;
}
