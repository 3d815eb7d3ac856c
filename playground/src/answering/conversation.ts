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

/** What a field of the conversation is about, such as `messages[2].content[0].image_url.url`. */
export function placeOf(param: string, { examples }: Prompt): Place | undefined {
  if (param.startsWith("choices")) return { of: "choices" };
  const message = /^messages\[(\d+)\]/.exec(param)?.[1];
  if (message === undefined) return undefined;
  const index = Math.floor(Number(message) / 2);
  return index < examples.length ? { of: "example", index } : { of: "question" };
}
