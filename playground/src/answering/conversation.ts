import type { Prompt } from "../task/task.ts";
import type { Place } from "./answerer.ts";

export interface PicturePart {
  readonly type: "image_url";
  readonly image_url: { readonly url: string };
}

export type Part = PicturePart | { readonly type: "text"; readonly text: string };

export type Message = { readonly role: "user"; readonly content: readonly Part[] } | { readonly role: "assistant"; readonly content: string };

const shown = (url: string): PicturePart => ({ type: "image_url", image_url: { url } });

/** A prompt as OpenAI's clients say it: of each example a user shows the picture, and the assistant says the text; then the user asks. */
export function conversationOf({ examples, question }: Prompt): readonly Message[] {
  return [
    ...examples.flatMap(({ picture, text }): Message[] => [
      { role: "user", content: [shown(picture.url)] },
      { role: "assistant", content: text.trim() },
    ]),
    { role: "user", content: [shown(question.picture.url), ...(question.text === "" ? [] : [{ type: "text" as const, text: question.text }])] },
  ];
}

/** What a request is about, as far as errors tell of it. */
export type About = Pick<Prompt, "examples">;

/** What a field of a request is about, such as `messages[2].content[0].image_url.url` or `examples[1].image`. */
export function placeOf(param: string, { examples }: About): Place | undefined {
  if (param.startsWith("choices")) return { of: "choices" };
  const example = /^examples\[(\d+)\]/.exec(param)?.[1];
  if (example !== undefined) return { of: "example", index: Number(example) };
  const message = /^messages\[(\d+)\]/.exec(param)?.[1];
  if (message === undefined) return undefined;
  const index = Math.floor(Number(message) / 2);
  return index < examples.length ? { of: "example", index } : { of: "question" };
}
