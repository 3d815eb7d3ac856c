import type { z } from "@hono/zod-openapi";
import { ConversationError, type Message, type MessagePart, promptOf } from "../generate/conversation.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import type { PromptOfRequest } from "./answering.ts";
import type { message } from "./chat-schema.ts";
import { invalid } from "./errors.ts";
import { pictureOf, type ReceivedPicture } from "./pictures.ts";

interface ConversationOptions {
  readonly maxImages: number;
  /** Whether examples were read before, so that no text can come before them. */
  readonly supported: boolean;
}

/** The prompt that a conversation is, and its pictures. @throws ApiError that names the field */
export function chatPrompt(model: Flamingo, given: readonly z.output<typeof message>[], { maxImages, supported }: ConversationOptions): PromptOfRequest {
  const pictures: ReceivedPicture[] = [];
  const messages = given.map(({ role, content }, i): Message => {
    const parts = typeof content === "string" ? [content] : (content ?? []);
    return {
      role: role === "developer" ? "system" : role,
      parts: parts.map((part, j): MessagePart => {
        if (typeof part === "string") return part;
        if (part.type === "text") return part.text;
        const param = `messages[${i}].content[${j}].image_url.url`;
        if (pictures.length === maxImages) throw invalid(`${param}: a request may hold at most ${maxImages} pictures`, param, "too_many_images");
        const medium = pictureOf(part.image_url.url, param);
        pictures.push({ medium, param });
        return medium;
      }),
    };
  });
  const before = messages.findIndex(({ role }) => role === "system");
  if (supported && before >= 0)
    throw invalid("a support set begins the prompt, so that nothing can stand before it: leave the system message out", `messages[${before}].role`);
  const { markers, prompt: layout } = model.folder.description;
  try {
    return { pieces: promptOf(messages, { markers, layout }), pictures, param: "messages" };
  } catch (error) {
    throw error instanceof ConversationError ? invalid(error.message, error.place) : error;
  }
}
