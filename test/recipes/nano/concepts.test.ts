import { expect, test } from "vitest";
import { emojiConcepts, type StyleIcons } from "../../../recipes/nano/drawings/emoji.ts";
import { glyphConcepts, nounOfIcon } from "../../../recipes/nano/drawings/glyphs.ts";
import { type IconSet, iconSvg, resolveIcon } from "../../../recipes/nano/drawings/icon-set.ts";
import type { WordNetNoun } from "../../../recipes/nano/things/wordnet.ts";

const noun = (name: string, topic: string, kinds: string[], gloss: string): [string, WordNetNoun] => [name, { name, topic, kinds, gloss }];
const nouns = new Map([
  noun("apple", "food", ["edible fruit", "fruit"], "fruit with red or yellow or green skin"),
  noun("bat", "artifact", ["club"], "a club used for hitting a ball"),
  noun("astronaut", "person", ["traveler"], "a person trained to travel in a spacecraft"),
  noun("house", "artifact", ["building"], "a dwelling that serves as living quarters"),
  noun("key", "artifact", ["device"], "metal device that opens a lock"),
  noun("wrench", "artifact", ["hand tool"], "a hand tool that turns nuts"),
  noun("spanner", "artifact", ["hand tool"], "a hand tool that turns nuts"),
]);
const groups = { groups: {}, subgroups: { "25": "person-role", "34": "animal-mammal", "42": "food-fruit" } };
const entries = [
  { label: "red apple", hexcode: "1F34E", tags: ["fruit", "ripe"], group: 4, subgroup: 42 },
  { label: "green apple", hexcode: "1F34F", tags: ["fruit"], group: 4, subgroup: 42 },
  { label: "bat", hexcode: "1F987", tags: ["vampire"], group: 3, subgroup: 34 },
  { label: "astronaut", hexcode: "1F9D1-200D-1F680", group: 1, subgroup: 25 },
  { label: "woman astronaut", hexcode: "1F469-200D-1F680", group: 1, subgroup: 25 },
  { label: "regional indicator A", hexcode: "1F1E6" },
];
const icons = (prefix: string, names: string[], aliases: IconSet["aliases"] = {}): IconSet => ({
  prefix,
  icons: Object.fromEntries(names.map((name) => [name, { body: `<path d="${name}"/>` }])),
  aliases,
  width: 32,
  height: 32,
});
const styles: StyleIcons[] = [
  {
    style: "coded",
    icons: icons("coded", ["apple-red", "woman-astronaut", "astronaut"]),
    chars: { "1f34e": "apple-red", "1f469-200d-1f680": "woman-astronaut" },
  },
  { style: "named", icons: icons("named", ["greenapple", "bat", "ripe_one", "astronaut-1"]), chars: {} },
];

test("drawings are joined by code, by name and by short name; roles are one whoever plays them", () => {
  const concepts = emojiConcepts(entries, groups, [{ "1F34E": ["ripe_one"] }], styles, nouns);
  const drawings = (name: string): string[] => concepts.find((concept) => concept.name === name)!.drawings.map(({ style, icon }) => `${style}/${icon}`);
  expect(concepts.map(({ name }) => name)).toEqual(["red apple", "green apple", "bat", "astronaut"]);
  expect(drawings("red apple")).toEqual(["coded/apple-red"]);
  expect(drawings("green apple")).toEqual(["named/greenapple"]);
  expect(drawings("astronaut").sort()).toEqual(["coded/astronaut", "coded/woman-astronaut", "named/astronaut-1"]);
});

test("near names are one group, and a word in another sense lends nothing", () => {
  const [red, green, bat] = emojiConcepts(entries, groups, [], styles, nouns);
  expect([red!.group, green!.group]).toEqual(["apple", "apple"]);
  expect(red!.kinds).toEqual(["fruit", "food", "edible fruit"]);
  expect(bat!.kinds).toEqual(["mammal", "animal"]);
  expect(bat!.words).not.toContain("hitting");
});

test.each([
  ["apple-20-filled", "apple"],
  ["outline-apple", "apple"],
  ["fire-truck-line-duotone", "fire truck"],
  ["cat", "cat"],
  ["house-01", "house"],
])("icon %s shows %s", (icon, name) => expect(nounOfIcon(icon)).toBe(name));

test("pictograms need six families and share the group of the emoji that means the same", () => {
  const families = ["ph", "tabler", "mdi", "solar", "ri", "bi", "uil"];
  const sets = families.map((style, i) => ({ style, icons: icons(style, ["spanner", "key-outline", ...(i < 5 ? ["house"] : []), "home"].slice(0, 3)) }));
  const concepts = glyphConcepts(sets, nouns, new Set(["wrench"]));
  expect(concepts.map(({ id, group, drawings }) => [id, group, drawings.length])).toEqual([
    ["glyph key", "key", 7],
    ["glyph spanner", "wrench", 7],
  ]);
});

test("an icon becomes a document with its own frame; a mirrored alias is mirrored", () => {
  const set = icons("set", ["hand"], { palm: { parent: "hand" }, other: { parent: "hand", hFlip: true } });
  expect(resolveIcon(set, "palm")).toBe("hand");
  expect(resolveIcon(set, "other")).toBe("other");
  expect(resolveIcon(set, "none")).toBeUndefined();
  expect(iconSvg(set, "hand")).toContain('viewBox="0 0 32 32"');
  expect(iconSvg(set, "other")).toContain("translate(32 0) scale(-1 1)");
  expect(() => iconSvg(set, "none")).toThrow('the icon set "set" has no icon "none"');
});
