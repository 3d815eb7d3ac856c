import { expect, test } from "vitest";
import { photographTasks } from "../../../recipes/nano/evaluation/photograph-cases.ts";

const classes = ["bird", "fish", "fruit", "hat", "tree", "tool"];
const photographs = classes.flatMap((name) => Array.from({ length: 6 }, (_, i) => ({ file: `tuxpaint/${name}/${i}.png`, class: name })));
const tasks = photographTasks({ format: 1, sources: [{ id: "tuxpaint", photographs }] }, 20, 1);
const classOf = (id: string): string => id.split("/")[1]!;

test("every number of ways and shots is asked, with the examples of a name from one class", () => {
  expect(tasks.map(({ name, shots, chance }) => [name, shots, chance])).toEqual(
    [2, 5].flatMap((ways) => [1, 2, 4].map((shots) => [`binding photographs of things, ${ways}-way`, shots, 1 / ways])),
  );
  for (const { shots, chance, cases } of tasks) {
    for (const { shots: examples, query } of cases) {
      expect(examples).toHaveLength(shots / chance!);
      expect(query.choices).toHaveLength(1 / chance!);
      const named = Map.groupBy(examples, ({ answer }) => answer);
      const shown = [...named.values()].map((members) => [...new Set(members.map(({ media }) => classOf(media[0]!.path)))]);
      expect(shown.every((each) => each.length === 1)).toBe(true);
      expect(new Set(shown.flat()).size).toBe(1 / chance!);
      expect(classOf(named.get(query.answer)![0]!.media[0]!.path)).toBe(classOf(query.media[0]!.path));
    }
  }
});

test("what is asked about is never among its examples", () => {
  for (const { cases } of tasks) {
    for (const { shots, query } of cases) expect(shots.map(({ media }) => media[0]!.path)).not.toContain(query.media[0]!.path);
  }
});
