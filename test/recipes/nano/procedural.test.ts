import { expect, test } from "vitest";
import { proceduralConcepts, renderProcedural } from "../../../recipes/nano/procedural/procedural.ts";

/** Mean difference of two pictures' pixels. */
function difference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += Math.abs(one[i]! - other[i]!);
  return sum / one.length;
}

const rules = [...new Set(proceduralConcepts.map(({ id }) => id.split("/")[1]!))];

test("there are four rules, each with its classes", () => {
  expect(rules).toEqual(["solid", "landscape", "leaves", "fractal"]);
  expect(new Set(proceduralConcepts.map(({ id }) => id)).size).toBe(proceduralConcepts.length);
});

test.each(rules)("%s: the same picture each time, another one for each name and version, and never a blank one", (rule) => {
  for (let number = 0; number < 6; number++) {
    const id = `procedural/${rule}/${number}/0`;
    const { data, width, height } = renderProcedural(id, 0, 48);
    expect([width, height, data.length]).toEqual([48, 48, 48 * 48 * 3]);
    expect(renderProcedural(id, 0, 48).data).toEqual(data);
    expect(difference(renderProcedural(id, 1, 48).data, data)).toBeGreaterThan(1);
    expect(difference(renderProcedural(`procedural/${rule}/${number}/1`, 0, 48).data, data)).toBeGreaterThan(1);
    expect(Math.max(...data) - Math.min(...data)).toBeGreaterThan(20);
  }
});
