import { expect, test } from "vitest";
import { readCurves, smoothed } from "../../src/train/curves.ts";

const start = (step: number): string => JSON.stringify({ type: "start", step, steps: 9 });
const step = (step: number, loss: number, more: object = {}): string =>
  JSON.stringify({ type: "step", step, losses: { pages: loss }, learningRate: 0.1, gradientNorm: 1, tokens: 10, pictures: 1, seconds: 2, ...more });

function lossesOf(...lines: readonly string[]): unknown {
  return readCurves(lines.join("\n")).curves.find(({ group }) => group === "loss")?.points;
}

test("steps that were done again count as they were done the last time, whichever run was longer", () => {
  const killed = [start(0), step(1, 5), step(2, 4), step(3, 3), step(4, 2)];
  expect(lossesOf(...killed, start(2), step(3, 30), step(4, 20), step(5, 10))).toEqual([
    [1, 5],
    [2, 4],
    [3, 30],
    [4, 20],
    [5, 10],
  ]);
  expect(lossesOf(...killed, start(2), step(3, 30))).toEqual([
    [1, 5],
    [2, 4],
    [3, 30],
  ]);
  // Without a start between them, as in files that were joined.
  expect(lossesOf(step(2, 1), step(1, 2), step(2, 3))).toEqual([
    [1, 2],
    [2, 3],
  ]);
});

test("lines that were cut off are counted; what an older version did not say is left out", () => {
  const torn = [start(0), step(1, 5), `{"type":"st${step(2, 4)}`, "null", "", step(3, 3, { tokens: undefined })].join("\n");
  const { curves, unread } = readCurves(torn);
  expect(unread).toBe(2);
  expect(curves.map(({ group, name, points }) => `${group}/${name}: ${points.length}`)).toEqual([
    "loss/pages: 2",
    "optimisation/learning rate: 2",
    "optimisation/gradient norm: 2",
    "speed/tokens per second: 1",
    "speed/pictures per second: 2",
  ]);
});

test("gates are curves of their own, of the steps that tell them", () => {
  const { curves } = readCurves([step(1, 1), step(2, 1, { gates: { "layers.0.attentionGate": 0.25 } })].join("\n"));
  expect(curves.filter(({ group }) => group === "gate")).toEqual([{ group: "gate", name: "layers.0.attentionGate", points: [[2, 0.25]] }]);
});

test("an average of what there is, that forgets by a factor of e in so many points", () => {
  const points = [1, 2, 3].map((value, i) => [i + 1, value] as const);
  expect(smoothed(points, 1)).toEqual(points);
  const kept = Math.exp(-1 / 4);
  expect(smoothed(points, 4)[2]![1]).toBeCloseTo((3 + 2 * kept + kept ** 2) / (1 + kept + kept ** 2), 12);
});
