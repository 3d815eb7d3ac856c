/** A picture as it is shown and sent. */
export interface Picture {
  /** A data URL. */
  readonly url: string;
  /** In pixels, upright. */
  readonly width: number;
  readonly height: number;
}

export interface Example {
  readonly picture: Picture;
  /** What is to be said about it. */
  readonly text: string;
}

export interface Question {
  readonly picture: Picture | undefined;
  /** Stands after the picture; the answer goes on from there. */
  readonly text: string;
}

/** What a person teaches: it can be saved, and asked. */
export interface Task {
  readonly title: string;
  readonly examples: readonly Example[];
  readonly question: Question;
  /** Answers that are compared. */
  readonly choices: readonly string[];
}

/** A task in a file: pictures are addresses, in a saved one data URLs. */
export interface WrittenTask {
  readonly title?: string | undefined;
  readonly examples: readonly { readonly picture: string; readonly text: string }[];
  readonly question: { readonly picture?: string | undefined; readonly text: string };
  readonly choices: readonly string[];
}

/** What a model is asked: examples that have a text, and a picture to ask about. */
export interface Prompt {
  readonly examples: readonly Example[];
  readonly question: { readonly picture: Picture; readonly text: string };
}

/** The prompt that a task is, as far as it is complete. */
export function promptOf({ examples, question }: Pick<Task, "examples" | "question">): Prompt | undefined {
  if (question.picture === undefined) return undefined;
  return { examples: examples.filter(({ text }) => text.trim() !== ""), question: { picture: question.picture, text: question.text.trim() } };
}

/** What the examples say after the question, each once: what an answer may be. */
export function saidIn({
  examples,
  question: { text },
}: {
  readonly examples: readonly Example[];
  readonly question: Pick<Question, "text"> & Partial<Question>;
}): readonly string[] {
  return [...new Set(examples.map((example) => saidAfter(text.trim(), example.text)).filter((answer) => answer !== ""))];
}

/** What an example says after what is asked. */
export function saidAfter(asked: string, text: string): string {
  const said = text.trim();
  return asked !== "" && said.startsWith(asked) ? said.slice(asked.length).trim() : said;
}
