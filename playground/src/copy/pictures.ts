import type { Prompt } from "../task/task.ts";

/** A function that gives the pictures of a program, that of the question last. */
export function picturesOf({ examples, question }: Prompt): string {
  const urls = [...examples.map(({ picture }) => picture.url), question.picture.url];
  return `function pictures(): string[] {
  return [
${urls.map((url) => `    ${JSON.stringify(url)},`).join("\n")}
  ];
}
`;
}
