import { expect, test } from "vitest";
import type { Prompt } from "../task/task.ts";
import { copyFormats, shortened } from "./copy.ts";

const picture = (letter: string) => ({ url: `data:image/png;base64,${letter.repeat(200)}`, width: 1, height: 1 });
const prompt: Prompt = {
  examples: [{ picture: picture("A"), text: "it's a `dax` $HOME" }],
  question: { picture: picture("C"), text: "Question: What is it? Answer:" },
};
const context = { model: "nano", base: "http://127.0.0.1:8000/", locked: false };
const written = (name: string, locked = false): string => copyFormats.find((each) => each.name === name)!.write(prompt, { ...context, locked });

test("every form has every picture whole, and the texts", () => {
  for (const { name } of copyFormats) {
    const code = written(name);
    for (const letter of ["A", "C"]) expect(code).toContain(letter.repeat(200));
    expect(code).toContain("Question: What is it? Answer:");
    // For people, most of a picture is left out.
    expect(shortened(code)).not.toContain("A".repeat(60));
  }
});

test("a shell takes texts as they stand", () => {
  expect(written("Command line")).toContain("--shot example-1.png='it'\\''s a `dax` $HOME'");
  expect(written("curl")).toContain("-d @- <<'END'");
});

test("a key is read where the program runs", () => {
  expect(written("TypeScript", true)).toContain("apiKey: process.env.FLAMINGO_API_KEY");
  expect(written("curl", true)).toContain('-H "authorization: Bearer $FLAMINGO_API_KEY"');
  expect(written("TypeScript")).not.toContain("FLAMINGO_API_KEY");
});
