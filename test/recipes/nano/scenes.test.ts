import { expect, test } from "vitest";
import type { PicturedConcept } from "../../../recipes/nano/drawings/picture-index.ts";
import { sceneEpisode } from "../../../recipes/nano/episodes/scene-questions.ts";
import { composeScenes, renderScene } from "../../../recipes/nano/scenes/composed-scenes.ts";
import { Random } from "../../../src/data/random.ts";

const things = ["red", "blue"].map(
  (name) => ({ id: name, name, pictures: [{ id: `noto/${name}`, style: "noto", colours: [] }] }) as unknown as PicturedConcept,
);
const size = 96;
const cutout = (drawing: string) => {
  const data = new Uint8Array(32 * 32 * 4);
  for (let i = 0; i < 32 * 32; i++) {
    // A disc: corners of turned squares touch.
    const inside = Math.hypot((i % 32) - 15.5, Math.floor(i / 32) - 15.5) < 15;
    data.set(drawing === "noto/red" ? [255, 0, 0, inside ? 255 : 0] : [0, 0, 255, inside ? 255 : 0], i * 4);
  }
  return Promise.resolve({ width: 32, height: 32, data });
};

/** Patches of one colour that do not touch, by flooding. */
function patches(data: ArrayLike<number>, isInk: (red: number, green: number, blue: number) => boolean): number[] {
  const label = new Int32Array(size * size);
  const middles: number[] = [];
  for (let start = 0; start < size * size; start++) {
    const inked = (at: number) => isInk(data[at * 3]!, data[at * 3 + 1]!, data[at * 3 + 2]!);
    if (label[start] !== 0 || !inked(start)) continue;
    const queue = [start];
    label[start] = middles.length + 1;
    let columns = 0;
    for (let next = 0; next < queue.length; next++) {
      const at = queue[next]!;
      columns += at % size;
      for (const beside of [at - 1, at + 1, at - size, at + size]) {
        if (beside < 0 || beside >= size * size || Math.abs((beside % size) - (at % size)) > 1 || label[beside] !== 0 || !inked(beside)) continue;
        label[beside] = middles.length + 1;
        queue.push(beside);
      }
    }
    if (queue.length > 20) middles.push(columns / queue.length);
  }
  return middles;
}

const isRed = (red: number, green: number) => red > 180 && green < 90;
const isBlue = (red: number, green: number, blue: number) => blue > 180 && green < 90 && red < 90;

test("as many things are in a picture as are counted", async () => {
  for (const scene of composeScenes("count", things, 20)) {
    const { data } = await renderScene(scene, 1, size, cutout);
    expect(patches(data, scene.things[0]!.concept.name === "red" ? isRed : isBlue)).toHaveLength(scene.things.length);
  }
});

test("what is said to be on the left is on the left", async () => {
  for (const scene of composeScenes("side", things, 10)) {
    const { data } = await renderScene(scene, 2, size, cutout);
    const [red, blue] = [patches(data, isRed), patches(data, isBlue)];
    expect([red.length, blue.length]).toEqual([1, 1]);
    expect(scene.things[0]!.concept.name).toBe(red[0]! < blue[0]! ? "red" : "blue");
  }
});

test("questions are answered by the scene", () => {
  const scenes = [...composeScenes("count", things, 30), ...composeScenes("side", things, 30)];
  const numbers = ["one", "two", "three", "four", "five"];
  const seen = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    for (const { picture, prompt, answer } of sceneEpisode(scenes, (scene) => scene, 5, new Random(seed))) {
      const names = picture.things.map(({ concept }) => concept.name);
      const right = (): string => {
        if (/How many/.test(prompt)) return numbers[names.length - 1]!;
        const number = /Are there (\w+)\?|Is there (one)\?/.exec(prompt);
        if (number !== null) return numbers[names.length - 1] === (number[1] ?? number[2]) ? "yes" : "no";
        const side = /What is on the (left|right)/.exec(prompt)?.[1];
        if (side !== undefined) return `a ${names[side === "left" ? 0 : 1]!}`;
        return names[0] === /Where is the (\w+)/.exec(prompt)![1] ? "on the left" : "on the right";
      };
      expect(answer, prompt).toBe(` ${right()}`);
      seen.add(prompt.split(" ").slice(1, 3).join(" "));
    }
  }
  expect(seen).toEqual(new Set(["How many", "Are there", "Is there", "What is", "Where is"]));
});
