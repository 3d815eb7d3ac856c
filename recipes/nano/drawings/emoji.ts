import { contentWords } from "../things/concept.ts";
import type { WordNetNoun } from "../things/wordnet.ts";
import { type IconSet, resolveIcon } from "./icon-set.ts";

/** One entry of `emojibase-data/en/data.json`. */
export interface EmojibaseEntry {
  readonly label: string;
  readonly hexcode: string;
  readonly tags?: readonly string[];
  readonly group?: number;
  readonly subgroup?: number;
}

/** `emojibase-data/meta/groups.json`. */
export interface EmojibaseGroups {
  readonly groups: Readonly<Record<string, string>>;
  readonly subgroups: Readonly<Record<string, string>>;
}

/** A drawing style's icons, and the icon of each emoji where the package lists them (`chars.json`). */
export interface StyleIcons {
  readonly style: string;
  readonly icons: IconSet;
  readonly chars: Readonly<Record<string, string>>;
}

/** What sort of thing an emoji shows. Things are what questions and results are about; the others are shown too. */
export type EmojiDomain = "thing" | "face" | "person" | "hand" | "symbol" | "flag";

/** An emoji as something to name, with its drawings. Colours are not known before the drawings are looked at. */
export interface EmojiConcept {
  readonly id: string;
  readonly name: string;
  /** Shared by all that is drawn or named nearly alike (`red apple`, `green apple`): the split never separates a group. */
  readonly group: string;
  readonly domain: EmojiDomain;
  readonly kinds: readonly string[];
  readonly words: readonly string[];
  readonly drawings: readonly { readonly style: string; readonly icon: string }[];
}

/**
 * Joins the emoji of emojibase to their drawings. Skin tones are left out; the man's and the woman's variant of one role are drawings of that role.
 * @param shortcodes - presets of `emojibase-data/en/shortcodes`, hexcode to one or more short names
 */
export function emojiConcepts(
  entries: readonly EmojibaseEntry[],
  groups: EmojibaseGroups,
  shortcodes: readonly Readonly<Record<string, string | readonly string[]>>[],
  styles: readonly StyleIcons[],
  nouns: ReadonlyMap<string, WordNetNoun>,
): EmojiConcept[] {
  const shown = entries.filter(isShown);
  const names = otherNames(shown, shortcodes, styles);
  const drawings = styles.map((style) => ({ style: style.style, icons: matchIcons(shown, names, style) }));
  const concepts = new Map<string, EmojiConcept>();
  for (const members of Map.groupBy(shown, roleKey).values()) {
    const lead = members.find((entry) => !/^(?:wo)?man\b/.test(entry.label)) ?? members[0]!;
    const name = readableName(lead);
    const found = drawings.flatMap(({ style, icons }) => members.flatMap((entry) => icons.get(entry.hexcode) ?? []).map((icon) => ({ style, icon })));
    if (found.length === 0 || concepts.has(name)) continue;
    concepts.set(name, { id: name, name, group: groupOf(name, lead, nouns), domain: domainOf(lead), ...describe(name, lead, groups, nouns), drawings: found });
  }
  return [...concepts.values()];
}

function isShown({ label, group, subgroup }: EmojibaseEntry): boolean {
  if (group === undefined || group === 2) return false; // regional indicators, hair and skin components
  if (subgroup === 30) return /^(?:kiss|couple with heart|people holding hands)$/.test(label); // families differ only in who stands where
  if (subgroup === 31) return !label.startsWith("family: ");
  return !/facing right|^Japanese [“"]/.test(label);
}

/** Entries with one key are one role: the man's and the woman's variant go with the neutral one. */
function roleKey({ hexcode }: EmojibaseEntry): string {
  const code = plainCode(hexcode);
  return code.includes("200d") ? code.replace(/-200d-(?:2640|2642)/, "").replace(/^1f46[89]-/, "1f9d1-") : code;
}

/** A code without the marks that only choose the coloured form. */
function plainCode(hexcode: string): string {
  return hexcode.toLowerCase().replace(/-fe0f/g, "");
}

function slug(label: string): string {
  const spelt = label.replaceAll("!", " exclamation ").replaceAll("#", " pound ").replaceAll("*", " asterisk ").replaceAll("&", " and ");
  return spelt
    .toLowerCase()
    .normalize("NFD")
    .replace(/[\u0300-\u036f’'“”".,()]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

/** Every name that some source gives to an emoji, by hexcode: sets without a list of codes are joined by name. */
function otherNames(
  entries: readonly EmojibaseEntry[],
  shortcodes: readonly Readonly<Record<string, string | readonly string[]>>[],
  styles: readonly StyleIcons[],
): ReadonlyMap<string, readonly string[]> {
  const listed = styles.map(({ icons, chars }) => {
    const byIcon = Map.groupBy(Object.entries(icons.aliases ?? {}), ([, { parent }]) => parent);
    return new Map(Object.entries(chars).map(([code, icon]) => [plainCode(code), [icon, ...(byIcon.get(icon) ?? []).map(([alias]) => alias)]]));
  });
  return new Map(
    entries.map(({ hexcode }) => [
      hexcode,
      [...new Set([...listed.flatMap((byCode) => byCode.get(plainCode(hexcode)) ?? []), ...shortcodes.flatMap((preset) => preset[hexcode] ?? []).map(slug)])],
    ]),
  );
}

/** The icon of each emoji in one set. Surer ways to tell go first, and an icon once given away is not given again. */
function matchIcons(
  entries: readonly EmojibaseEntry[],
  names: ReadonlyMap<string, readonly string[]>,
  { icons, chars }: StyleIcons,
): ReadonlyMap<string, string> {
  const byCode = new Map(Object.entries(chars).map(([code, icon]) => [plainCode(code), icon]));
  // Some sets write names without hyphens, or number the variants of a figure from 1.
  const find = (name: string): string | undefined =>
    resolveIcon(icons, name) ?? resolveIcon(icons, name.replaceAll("-", "")) ?? resolveIcon(icons, `${name}-1`);
  const ways: readonly ((entry: EmojibaseEntry) => readonly (string | undefined)[])[] = [
    ({ hexcode }) => [byCode.get(plainCode(hexcode))],
    ({ label }) => [find(slug(label)), find(slug(label.replace("flag: ", "flag for ")))],
    ({ hexcode }) => names.get(hexcode)!.map(find),
  ];
  const taken = new Set<string>();
  const matches = new Map<string, string>();
  for (const way of ways) {
    for (const entry of entries) {
      if (matches.has(entry.hexcode)) continue;
      const icon = way(entry).find((candidate) => candidate !== undefined && !taken.has(candidate));
      if (icon === undefined) continue;
      taken.add(icon);
      matches.set(entry.hexcode, icon);
    }
  }
  return matches;
}

function readableName({ label }: EmojibaseEntry): string {
  const plain = label.replaceAll("’", "'").replace(/[“”"]/g, "");
  if (plain.startsWith("flag: ")) return `flag of ${plain.slice(6)}`;
  if (plain.startsWith("keycap: ")) return `keycap ${plain.slice(8)}`;
  const hair = /^(?:person|man|woman): (.*)$/.exec(plain)?.[1];
  if (hair !== undefined) return hair === "bald" ? "bald person" : `person with ${hair === "beard" ? "a beard" : hair}`;
  return plain;
}

function domainOf({ label, group, subgroup = -1 }: EmojibaseEntry): EmojiDomain {
  if (isClockFace(label)) return "symbol";
  if (group === 0) return subgroup === 14 || subgroup === 15 ? "symbol" : "face";
  if (group === 1) return subgroup <= 21 ? "hand" : subgroup === 22 ? "thing" : "person";
  if (group === 9) return "flag";
  return group === 8 ? "symbol" : "thing";
}

function isClockFace(label: string): boolean {
  return /o’clock$|-thirty$/.test(label);
}

/** Words of one group: what is left without qualifications, down to the longest noun at the end that WordNet knows. */
function groupOf(name: string, entry: EmojibaseEntry, nouns: ReadonlyMap<string, WordNetNoun>): string {
  const lower = name.toLowerCase();
  if (isClockFace(entry.label)) return "clock face";
  if (domainOf(entry) !== "thing") return lower;
  const animal = entry.group === 3 ? lower.replace(/ face$/, "") : lower;
  const words = animal.split(/ (?:with|on|in|behind|without|of|at) /)[0]!.split(" ");
  for (let i = 0; i < words.length; i++) {
    const noun = words.slice(i).join(" ");
    const known = nouns.has(noun) ? noun : [noun.replace(/s$/, ""), noun.replace(/ies$/, "y")].find((singular) => nouns.has(singular));
    if (known !== undefined) return known;
  }
  return animal;
}

/** Classes that emojibase's subgroups stand for, nearest first. Those that nobody would give as an answer are not listed. */
const kindsOfSubgroup: Readonly<Record<string, readonly string[]>> = {
  "animal-mammal": ["mammal", "animal"],
  "animal-bird": ["bird", "animal"],
  "animal-amphibian": ["amphibian", "animal"],
  "animal-reptile": ["reptile", "animal"],
  "animal-marine": ["sea animal", "animal"],
  "animal-bug": ["bug", "animal"],
  "plant-flower": ["flower", "plant"],
  "plant-other": ["plant"],
  "food-fruit": ["fruit", "food"],
  "food-vegetable": ["vegetable", "food"],
  "food-prepared": ["dish", "food"],
  "food-asian": ["dish", "food"],
  "food-sweet": ["sweet", "food"],
  drink: ["drink"],
  dishware: ["dishware"],
  "place-geographic": ["landscape", "place"],
  "place-building": ["building", "place"],
  "place-religious": ["building", "place"],
  "place-other": ["place"],
  "transport-ground": ["land vehicle", "vehicle"],
  "transport-water": ["water vehicle", "vehicle"],
  "transport-air": ["aircraft", "vehicle"],
  time: ["clock"],
  "sky-weather": ["sky"],
  "award-medal": ["award"],
  sport: ["sport"],
  game: ["game"],
  "arts-crafts": ["craft"],
  clothing: ["clothing"],
  sound: ["sound"],
  music: ["music"],
  "musical-instrument": ["musical instrument"],
  phone: ["phone", "device"],
  computer: ["computer part", "device"],
  "light-video": ["light or camera", "device"],
  "book-paper": ["book or paper"],
  money: ["money"],
  mail: ["mail"],
  writing: ["writing tool", "tool"],
  office: ["office supply"],
  lock: ["lock or key"],
  tool: ["tool"],
  science: ["science instrument"],
  medical: ["medical supply"],
  household: ["household object"],
  "body-parts": ["body part"],
  "person-role": ["person"],
  person: ["person"],
  "person-gesture": ["person"],
  "person-activity": ["person"],
  "person-sport": ["person"],
  "person-resting": ["person"],
  "person-fantasy": ["fantasy figure"],
  heart: ["heart"],
  "country-flag": ["flag"],
  "subdivision-flag": ["flag"],
  flag: ["flag"],
  arrow: ["arrow"],
  zodiac: ["zodiac sign"],
  warning: ["warning sign"],
  "hand-fingers-open": ["hand"],
  "hand-fingers-partial": ["hand"],
  "hand-single-finger": ["hand"],
  "hand-fingers-closed": ["hand"],
  hands: ["hands"],
  "cat-face": ["cat", "animal"],
  "monkey-face": ["monkey", "animal"],
};

/** WordNet's topics that fit emojibase's groups: a word in another sense (`bat` for baseball) must not lend its classes. */
const fittingTopics: Readonly<Record<number, readonly string[]>> = {
  1: ["body"],
  3: ["animal", "plant"],
  4: ["food", "plant", "artifact"],
  5: ["artifact", "object"],
  6: ["artifact", "object", "plant"],
  7: ["artifact", "object", "substance"],
};

function describe(name: string, entry: EmojibaseEntry, groups: EmojibaseGroups, nouns: ReadonlyMap<string, WordNetNoun>): { kinds: string[]; words: string[] } {
  const subgroup = groups.subgroups[String(entry.subgroup)] ?? "";
  const face = subgroup.startsWith("face-") && subgroup !== "face-costume" ? ["face"] : [];
  const noun = [name.toLowerCase(), groupOf(name, entry, nouns)]
    .map((word) => nouns.get(word))
    .find((found) => found !== undefined && (fittingTopics[entry.group ?? -1] ?? []).includes(found.topic));
  const own = new Set(name.toLowerCase().split(" "));
  const kinds = [...(kindsOfSubgroup[subgroup] ?? []), ...face, ...(noun?.kinds.slice(0, 2) ?? [])];
  return {
    kinds: [...new Set(kinds)].filter((kind) => kind !== name),
    words: [...new Set([...(entry.tags ?? []), ...contentWords(noun?.gloss ?? "")])].filter((word) => !own.has(word.toLowerCase())),
  };
}
