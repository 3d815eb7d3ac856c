import { expect, test } from "vitest";
import { saidIn, type Task } from "./task.ts";
import { parseTask, writeTask } from "./task-file.ts";

const picture = { url: "data:image/png;base64,AAAA", width: 1, height: 1 };
const task: Task = {
  title: "Colours",
  examples: [
    { picture, text: "Question: What colour is it? Answer: red" },
    { picture, text: "Question: What colour is it? Answer: green" },
    { picture, text: "Question: What colour is it? Answer: red" },
  ],
  question: { picture, text: "Question: What colour is it? Answer:" },
  choices: ["red"],
};

test("a task is read as it was written", () => {
  expect(parseTask(writeTask(task), "task.json")).toEqual({
    format: "flamingo-task",
    version: 1,
    title: "Colours",
    examples: task.examples.map(({ text }) => ({ picture: picture.url, text })),
    question: { picture: picture.url, text: task.question.text },
    choices: ["red"],
  });
  const empty: Task = { title: "", examples: [], question: { picture: undefined, text: "" }, choices: [] };
  expect(parseTask(writeTask(empty), "task.json")).toEqual({ format: "flamingo-task", version: 1, examples: [], question: { text: "" }, choices: [] });
});

test.each([
  ["[", "task.json is no task that was saved here: it is not JSON."],
  ["null", "task.json is no task that was saved here: choose a file that “Save” wrote."],
  ['{"version":1}', "task.json is no task that was saved here: choose a file that “Save” wrote."],
  ['{"format":"flamingo-task"}', "task.json does not say its version."],
  ['{"format":"flamingo-task","version":2}', "task.json is of version 2, and this page knows version 1 only: it was saved by a newer one."],
  [changed({ examples: 7 }), "task.json: examples must be a list of examples."],
  [changed({ examples: [{ picture: "https://elsewhere/a.png", text: "" }] }), "task.json: examples[0].picture must be a picture as a data URL (data:image/…)."],
  [changed({ examples: [{ picture: picture.url }] }), "task.json: examples[0].text must be a text."],
  [changed({ question: null }), "task.json: question must be a question: a picture and a text."],
  [changed({ choices: [1] }), "task.json: choices[0] must be a text."],
  [changed({ model: "nano" }), "task.json: the task has “model”, which means nothing here."],
])("of a file that is no task it is said what is wrong (%#)", (content, sentence) => {
  expect(() => parseTask(content, "task.json")).toThrow(sentence);
});

test("choices are what the examples say after the question, each once", () => {
  expect(saidIn(task)).toEqual(["red", "green"]);
  expect(saidIn({ ...task, question: { picture, text: "" } })).toHaveLength(2);
});

function changed(parts: object): string {
  return JSON.stringify({ ...JSON.parse(writeTask(task)), ...parts });
}
