import type { Markers } from "../data/document.ts";
import { DataError } from "../data/errors.ts";
import type { PromptLayout } from "../data/prompt-layout.ts";
import type { Medium } from "./medium.ts";
import { type PromptPiece, Template } from "./prompt.ts";

/** A part of a message: text, or a picture. */
export type MessagePart = string | Medium;

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly parts: readonly MessagePart[];
}

/** How a model was trained to read prompts. */
export interface PromptForm {
  readonly markers: Markers;
  readonly layout: PromptLayout;
}

/** Messages in an order that means nothing to a model of this kind. */
export class ConversationError extends DataError {
  /** What is wrong: `messages`, or `messages[1].role`. */
  readonly place: string;

  constructor(message: string, place: string) {
    super(message);
    this.place = place;
  }
}

/**
 * A conversation as a few-shot prompt: what a user showed and the assistant said is an example, what the user says last is asked. What stands before the first user's message is text
 * before the first example.
 * @throws ConversationError when the messages are in an order that means nothing here
 */
export function promptOf(messages: readonly Message[], form: PromptForm): PromptPiece[] {
  if (messages.at(-1)?.role !== "user")
    throw new ConversationError("messages must end with what the user asks: the last one must have the role user", "messages");
  const begun = messages.findIndex(({ role }) => role !== "system");
  const late = messages.findIndex(({ role }, i) => role === "system" && i > begun);
  if (late >= 0) throw new ConversationError(`messages[${late}]: a system message must come before all others`, `messages[${late}].role`);
  if (messages[begun]!.role === "assistant")
    throw new ConversationError(`messages[${begun}]: an assistant's message must follow what a user showed or asked`, `messages[${begun}].role`);
  const before = turn(messages.slice(0, begun).flatMap(({ parts }) => parts));
  const pieces: PromptPiece[] = [];
  let parts: MessagePart[] = [];
  for (const [i, message] of messages.entries()) {
    if (message.role === "system") continue;
    parts.push(...message.parts);
    if (message.role === "assistant" && messages[i + 1]?.role !== "assistant") {
      pieces.push(...turn(parts, form, form));
      parts = [];
    }
  }
  pieces.push(...turn(parts, undefined, form));
  const [first, ...rest] = pieces;
  const last = before.at(-1);
  return typeof last === "string" && typeof first === "string" ? [...before.slice(0, -1), joinTexts(last, first), ...rest] : [...before, ...pieces];
}

/** Text after a text: what is said begins with a space unless one is there. */
export function joinTexts(before: string, after: string): string {
  return before === "" || after === "" || /\s$/.test(before) || /^\s/.test(after) ? before + after : `${before} ${after}`;
}

/**
 * The parts of a turn as models were trained to read them. A single picture comes before its text, wherever it stood. Of several, each is followed by its text, which the next picture closes: pairs in one message are
 * examples.
 * @param end - given where the turn is an example itself: how its end is written
 * @param between - given where its pictures with their texts are examples
 */
function turn(parts: readonly MessagePart[], end?: PromptForm, between?: PromptForm): PromptPiece[] {
  const alone = parts.filter((part) => typeof part !== "string").length === 1;
  const inOrder = alone ? parts.toSorted((a, b) => Number(typeof a === "string") - Number(typeof b === "string")) : parts;
  const pieces: PromptPiece[] = [];
  let text = "";
  for (const part of inOrder) {
    if (typeof part === "string") text = joinTexts(text, part);
    else {
      const pair = pieces.length > 0 && text !== "";
      pieces.push(...closed(text, pair ? between : undefined), part);
      text = "";
    }
  }
  return [...pieces, ...closed(text, end)];
}

function closed(text: string, form: PromptForm | undefined): PromptPiece[] {
  if (form === undefined) return text === "" ? [] : [text];
  const { trim, exampleEnd } = form.layout;
  if (exampleEnd === undefined) return [...(text === "" ? [] : [text]), new Template(form.markers.endOfChunk, [])];
  return [(trim ? text.replace(/ +$/, "") : text) + exampleEnd];
}
