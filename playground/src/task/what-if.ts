import { type Picture, type Prompt, saidAfter, saidIn } from "./task.ts";

/** White, one pixel: nothing is to be seen on it. */
const nothing: Picture = { url: "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==", width: 1, height: 1 };

/** A change of a task that shows what its answer depends on. */
export interface WhatIf {
  readonly name: string;
  /** What it says about a model when the answer stays, or changes. */
  readonly meaning: string;
  /** @returns undefined where it changes nothing */
  readonly change: (prompt: Prompt) => Prompt | undefined;
}

export const whatIfs: readonly WhatIf[] = [
  {
    name: "Without pictures",
    meaning: "White in the place of every picture: an answer that stays came from the words alone.",
    change: ({ examples, question }) => ({ examples: examples.map(({ text }) => ({ picture: nothing, text })), question: { ...question, picture: nothing } }),
  },
  {
    name: "Wrong labels",
    meaning: "Every answer in the examples exchanged for the next one: a model that learns from them is wrong in the same way.",
    change: withWrongLabels,
  },
  {
    name: "Other order",
    meaning: "The examples the other way round: an answer that changes hangs on the last of them.",
    change: ({ examples, question }) => (examples.length < 2 ? undefined : { examples: examples.toReversed(), question }),
  },
];

function withWrongLabels({ examples, question }: Prompt): Prompt | undefined {
  const said = saidIn({ examples, question });
  if (said.length < 2) return undefined;
  const wrong = examples.map(({ picture, text }) => {
    const own = saidAfter(question.text, text);
    const before = text.trim().slice(0, text.trim().length - own.length);
    return { picture, text: own === "" ? text : before + said[(said.indexOf(own) + 1) % said.length]! };
  });
  return { examples: wrong, question };
}
