import type { LanguageModelV4FilePart, LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider";
import { DataError } from "../data/errors.ts";
import { fromBase64 } from "../data/samples/record-sample.ts";
import { ConversationError, type Message, type MessagePart, type PromptForm, promptOf } from "../generate/conversation.ts";
import { image } from "../generate/medium.ts";
import type { PromptPiece } from "../generate/prompt.ts";

/**
 * The AI SDK's messages as a few-shot prompt.
 * @param supported - whether examples were read before, so that no text can come before them
 * @throws DataError when a message holds what a model of this kind cannot read
 */
export function promptOfMessages(messages: LanguageModelV4Prompt, form: PromptForm, supported: boolean): PromptPiece[] {
  const before = messages.findIndex(({ role }) => role === "system");
  if (supported && before >= 0)
    throw new ConversationError(
      "a support set begins the prompt, so that nothing can stand before it: leave the system message out",
      `messages[${before}].role`,
    );
  return promptOf(messages.map(messageOf), form);
}

function messageOf(message: LanguageModelV4Message, i: number): Message {
  const { role, content } = message;
  if (role === "tool") throw new ConversationError("a message has the role tool: this model calls no tools", `messages[${i}].role`);
  const parts = typeof content === "string" ? [content] : content.map((part, j) => partOf(part, `messages[${i}].content[${j}]`));
  return { role, parts };
}

function partOf(part: Exclude<LanguageModelV4Message["content"], string>[number], place: string): MessagePart {
  if (part.type === "text") return part.text;
  if (part.type === "file") return pictureOf(part, place);
  throw new ConversationError(`${place}: this model reads text and pictures, found ${part.type}`, place);
}

/** The AI SDK has fetched what an address named. */
function pictureOf({ data, mediaType }: LanguageModelV4FilePart, place: string): MessagePart {
  if (data.type !== "data" || !/^image(\/|$)/.test(mediaType))
    throw new ConversationError(`${place}: this model reads text and pictures, found ${data.type === "data" ? mediaType : `a ${data.type}`}`, place);
  return image(typeof data.data === "string" ? decoded(data.data, place) : data.data);
}

function decoded(base64: string, place: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch {
    throw new DataError(`${place}: the picture is no base64; give its bytes, or a data URL`);
  }
}
