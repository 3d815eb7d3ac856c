import type { Concept } from "../things/concept.ts";
import { contentWords } from "../things/concept.ts";
import { visibleTopics, type WordNetNoun } from "../things/wordnet.ts";
import { drawnSets } from "./glyph-sets.ts";
import { type IconSet, resolveIcon } from "./icon-set.ts";

/** A noun with its pictograms by several hands. */
export interface GlyphConcept extends Omit<Concept, "colours"> {
  /** Shared with the emoji of the same or a synonymous noun, so that both fall on one side of the split. */
  readonly group: string;
  readonly domain: "glyph";
  readonly drawings: readonly { readonly style: string; readonly icon: string }[];
}

/** Fewest and most families that draw a noun: fewer teach little, more would let common interface symbols outweigh the rest. */
const fewestFamilies = 6;
const mostDrawings = 10;

/** Ways of drawing that icon names end or begin with. */
const manner =
  "outline|outlined|filled|fill|solid|bold|line|linear|regular|rounded|round|sharp|duotone|twotone|two-tone|broken|color|stroke|mono|alt|baseline|flat|remix|o|s|\\d{1,2}";
const mannerAtEnd = new RegExp(`-(?:${manner})$`);
const mannerAtStart = /^(?:outline|baseline|round|sharp|twotone|filled|fill|solid)-/;

/** The noun that an icon's name says: `apple-20-filled` → `apple`. */
export function nounOfIcon(name: string): string {
  let noun = name.replace(mannerAtStart, "");
  while (mannerAtEnd.test(noun)) noun = noun.replace(mannerAtEnd, "");
  return noun.replaceAll("-", " ");
}

/** What interface designers call things that emoji call otherwise. */
const otherNames: Readonly<Record<string, string>> = {
  home: "house",
  plane: "airplane",
  phone: "telephone",
  mobile: "mobile phone",
  bike: "bicycle",
  motorbike: "motorcycle",
  car: "automobile",
  tv: "television",
  truck: "delivery truck",
  gift: "wrapped gift",
  cd: "optical disk",
  bulb: "light bulb",
  lightbulb: "light bulb",
  mic: "microphone",
  donut: "doughnut",
  fax: "fax machine",
  cart: "shopping cart",
  trash: "wastebasket",
  "trash can": "wastebasket",
  bin: "wastebasket",
  gem: "stone",
  computer: "desktop computer",
  desktop: "desktop computer",
  dice: "die",
  shirt: "t-shirt",
  mail: "envelope",
  earth: "globe",
  world: "globe",
};

/** Names that most sets use for a company or its product, and directions, which are nothing to see (and are lost when mirrored). */
const unfit = new Set([
  "back",
  "down",
  "left",
  "return",
  "right",
  "adobe",
  "amazon",
  "android",
  "bootstrap",
  "chrome",
  "foursquare",
  "gemini",
  "java",
  "mastodon",
  "medium",
  "notion",
  "opera",
  "python",
  "sketch",
  "slack",
  "threads",
]);

/**
 * Nouns that at least six families of icon sets draw.
 * @param emojiGroups - groups of the emoji's split
 */
export function glyphConcepts(
  sets: readonly { readonly style: string; readonly icons: IconSet }[],
  nouns: ReadonlyMap<string, WordNetNoun>,
  emojiGroups: ReadonlySet<string>,
): GlyphConcept[] {
  const drawings = new Map<string, Map<string, { style: string; icon: string }>>();
  for (const { style, icons } of sets) {
    const family = drawnSets.get(style)!.family;
    for (const name of Object.keys(icons.icons)) {
      const noun = nounOfIcon(name);
      if (noun.length < 3 || unfit.has(noun) || !visibleTopics.has(nouns.get(noun)?.topic ?? "") || /\bthin\b|\blight$/.test(name)) continue;
      const byFamily = drawings.get(noun) ?? new Map<string, { style: string; icon: string }>();
      // The plainest name is the set's main drawing.
      const before = byFamily.get(family);
      if (before === undefined || name.length < before.icon.length) byFamily.set(family, { style, icon: resolveIcon(icons, name)! });
      drawings.set(noun, byFamily);
    }
  }
  const groupOf = groupsByMeaning(nouns, emojiGroups);
  return [...drawings]
    .filter(([, byFamily]) => byFamily.size >= fewestFamilies)
    .map(([name, byFamily]): GlyphConcept => {
      const { kinds, gloss } = nouns.get(name)!;
      const own = new Set(name.split(" "));
      return {
        id: `glyph ${name}`,
        name,
        group: groupOf(name),
        domain: "glyph",
        kinds: kinds.slice(0, 3),
        words: contentWords(gloss).filter((word) => !own.has(word)),
        drawings: [...byFamily.values()].slice(0, mostDrawings),
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Nouns with one definition are one meaning; if an emoji's group has it, it is that group. */
function groupsByMeaning(nouns: ReadonlyMap<string, WordNetNoun>, emojiGroups: ReadonlySet<string>): (noun: string) => string {
  const byGloss = new Map<string, string>();
  for (const group of emojiGroups) {
    const noun = nouns.get(group);
    if (noun !== undefined) byGloss.set(noun.gloss, group);
  }
  return (noun) => {
    const called = otherNames[noun] ?? noun;
    if (emojiGroups.has(called)) return called;
    const { gloss } = nouns.get(called) ?? nouns.get(noun)!;
    const group = byGloss.get(gloss) ?? called;
    byGloss.set(gloss, group);
    return group;
  };
}
