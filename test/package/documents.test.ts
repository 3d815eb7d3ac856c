/** What the packed documents name is packed. */
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { expect, inject, test } from "vitest";

const { folder, files } = inject("consumer");

/** What stands under a heading that says so is for a checkout of the repository. */
function withoutCheckout(text: string): string {
  return text
    .split(/^(?=## )/m)
    .filter((section) => !/^## [^\n]*checkout/.test(section))
    .join("");
}

function linksIn(text: string): string[] {
  return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1]!).filter((link) => !/^[a-z]+:/.test(link));
}

/** Paths in code, known by their first folder. */
function pathsIn(text: string): string[] {
  const code = [...text.matchAll(/`([^`]+)`|^```[^\n]*\n([\s\S]*?)^```/gm)].flatMap((match) => (match[1] ?? match[2]!).split(/[\s"'()=,]+/));
  return code.filter((word) => /^(?:\.\/)?(?:bench|bin|dist|docs|examples|models|recipes|src|test|tools)\/[\w./*-]*$/.test(word));
}

function isPacked(path: string, document: string): boolean {
  const candidates = [path, posix.join(posix.dirname(document), path)].map((each) => posix.normalize(each).replace(/\/$/, ""));
  return candidates.some((each) => files.some((file) => file === each || file.startsWith(`${each}/`)));
}

test.each(files.filter((file) => file.endsWith(".md")))("links of %s lead to what is packed", async (document) => {
  const text = withoutCheckout(await readFile(join(folder, "node_modules/flamingo-vlm", document), "utf8"));
  expect(linksIn(text).filter((path) => !isPacked(path, document))).toEqual([]);
});

test.each(files.filter((file) => /^recipes\/.*\.md$/.test(file)))("%s has no command for a script that is not packed", async (document) => {
  const text = await readFile(join(folder, "node_modules/flamingo-vlm", document), "utf8");
  const commands = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) => match[0]).join("");
  expect(pathsIn(commands).filter((path) => /^(?:tools|test|src|bench)\//.test(path))).toEqual([]);
});

test("each drawing is shown by a page, in words too", async () => {
  const pages = await Promise.all(files.filter((file) => /^docs\/.*\.md$/.test(file)).map((file) => readFile(join(folder, "node_modules/flamingo-vlm", file), "utf8")));
  const shown = pages.flatMap((page) => [...page.matchAll(/!\[[^\]]{40,}\]\((drawings\/[^)]+)\)/g)].map((match) => `docs/${match[1]}`));
  expect(shown.toSorted()).toEqual(files.filter((file) => file.startsWith("docs/drawings/")).toSorted());
});

test("README.md names no file that is not packed, and no script of the repository", async () => {
  const text = withoutCheckout(await readFile(join(folder, "node_modules/flamingo-vlm/README.md"), "utf8"));
  expect(pathsIn(text)).toContain("examples/");
  expect(pathsIn(text).filter((path) => !isPacked(path, "README.md"))).toEqual([]);
  expect(text).not.toMatch(/\bnpm (?:ci|start|test|run)\b/);
});

test("a section for a checkout ends where the next one begins", () => {
  expect(withoutCheckout("## A\n1\n## In a checkout\n2\n### B\n3\n## C\n4\n")).toBe("## A\n1\n## C\n4\n");
});
