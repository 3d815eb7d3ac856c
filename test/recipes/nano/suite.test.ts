/** The suite in files is what its generator draws, question by question. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openPictureIndex } from "../../../recipes/nano/drawings/render.ts";
import { nanoPictures, nanoTasks } from "../../../recipes/nano/evaluation/tasks.ts";
import openSuite from "../../../recipes/nano/suite.ts";

const folder = fileURLToPath(new URL("../../../models/nano/evaluation", import.meta.url));

test("every task, every question: pictures, words, answers and choices are those that were drawn before they were in files", async () => {
  const drawn = nanoTasks(nanoPictures(await openPictureIndex(folder)), 240, 1);
  const { tasks, fileOf } = await openSuite({ pictures: undefined, limit: 240, seed: 1 });
  expect(tasks.map(({ name, shots, chance }) => [name, shots, chance])).toEqual(drawn.map(({ name, shots, chance }) => [name, shots, chance]));
  for (const [i, { cases, isRight, counts }] of tasks.entries()) {
    const inFiles = cases.map(({ shots, query }) =>
      [...shots, query].map((each) => ({ ...each, media: each.media.map(({ path }) => path.replace(/\.webp$/, "")) })),
    );
    expect(inFiles).toEqual(
      drawn[i]!.cases.map(({ shots, query }) => [...shots, query].map((each) => ({ ...each, media: each.media.map(({ path }) => path) }))),
    );
    expect([isRight, counts]).toEqual([undefined, undefined]);
  }
  for (const { path } of tasks.flatMap(({ cases }) => cases.flatMap(({ query }) => query.media))) expect((await fileOf(path)) instanceof Uint8Array).toBe(true);
});

test("fewer questions are the first ones; of the numbers of shots those that are wanted", async () => {
  const { tasks } = await openSuite({ pictures: undefined, limit: 3, seed: 1, shots: [0, 8] });
  expect(new Set(tasks.map(({ shots }) => shots))).toEqual(new Set([0, 8]));
  expect(tasks.every(({ cases }) => cases.length === 3)).toBe(true);
});
