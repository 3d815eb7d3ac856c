import { expect, test } from "vitest";
import { documentFromTemplate } from "../../src/data/template.ts";

const markers = { image: "<image>", endOfChunk: "<|endofchunk|>" };

test("markers become media and ends of chunks, the rest is text", () => {
  expect(documentFromTemplate("so: <image>a dax<|endofchunk|><image>", ["first", "second"], markers)).toEqual([
    { kind: "text", text: "so: ", learn: false },
    { kind: "media", medium: "first" },
    { kind: "text", text: "a dax", learn: false },
    { kind: "endOfChunk", learn: false },
    { kind: "media", medium: "second" },
  ]);
});

test("more or fewer markers than pictures are an error that counts both", () => {
  expect(() => documentFromTemplate("<image>a dax", [], markers)).toThrow(/1 <image> marker for 0 pictures/);
  expect(() => documentFromTemplate("<image>a dax", ["a", "b"], markers)).toThrow(/1 <image> marker for 2 pictures/);
  expect(() => documentFromTemplate("no marker", ["a"], markers)).toThrow(/0 <image> markers for 1 picture;/);
});
