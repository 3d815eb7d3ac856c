import type { z } from "@hono/zod-openapi";
import { ConversationError, type Message, promptOf } from "../generate/conversation.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import type { PromptOfRequest } from "./answering.ts";
import type { message } from "./chat-schema.ts";
import { invalid } from "./errors.ts";
import type { NamedPicture, PictureReader } from "./pictures.ts";

interface ConversationOptions {
  readonly pictures: PictureReader;
  /** Whether examples were read before, so that no text can come before them. */
  readonly supported: boolean;
  readonly signal: AbortSignal;
}

/** The prompt that a conversation is, and its pictures. @throws ApiError that names the field */
export async function chatPrompt(
  model: Flamingo,
  given: readonly z.output<typeof message>[],
  { pictures: reader, supported, signal }: ConversationOptions,
): Promise<PromptOfRequest> {
  const contents = given.map(({ content }) => (typeof content === "string" ? [{ type: "text" as const, text: content }] : (content ?? [])));
  const named = contents.flatMap((parts, i) =>
    parts.flatMap((part, j): NamedPicture[] =>
      part.type === "text" ? [] : [{ url: part.image_url.url, param: `messages[${i}].content[${j}].image_url.url` }],
    ),
  );
  const pictures = await reader.read(named, signal);
  const media = pictures.values();
  const messages = contents.map((parts, i): Message => {
    const { role } = given[i]!;
    return { role: role === "developer" ? "system" : role, parts: parts.map((part) => (part.type === "text" ? part.text : media.next().value!.medium)) };
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
