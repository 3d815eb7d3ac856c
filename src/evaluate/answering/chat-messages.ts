import { platform } from "#data-platform";
import { DataError } from "../../data/errors.ts";
import { pictureKind } from "../../data/picture-file.ts";
import type { EvaluationCase, MediaFile } from "../question.ts";
import type { ShownMedia } from "../shown-media.ts";

export type ContentPart = { readonly type: "text"; readonly text: string } | { readonly type: "image_url"; readonly image_url: { readonly url: string } };

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string | readonly ContentPart[];
}

/** Examples as earlier turns of a conversation, or all in the one message that asks. */
export type ShotsAs = "turns" | "message";

export interface ChatForm {
  readonly shotsAs: ShotsAs;
  /** What is said before everything else. */
  readonly system: string | undefined;
}

/** A question after its examples as a conversation, with pictures as data URLs; a video as its frames. */
export async function chatMessages({ shots, query }: EvaluationCase, { shotsAs, system }: ChatForm, media: ShownMedia): Promise<ChatMessage[]> {
  const examples: ChatMessage[] = [];
  const together: ContentPart[] = [];
  for (const shot of shots) {
    const shown = await pictureParts(shot.media, media);
    if (shotsAs === "message") together.push(...shown, { type: "text", text: shot.prompt + shot.answer });
    else examples.push({ role: "user", content: [...shown, ...textPart(shot.prompt, shown)] }, { role: "assistant", content: shot.answer.trim() });
  }
  const shown = await pictureParts(query.media, media);
  const before: ChatMessage[] = system === undefined ? [] : [{ role: "system", content: system }];
  return [...before, ...examples, { role: "user", content: [...together, ...shown, ...textPart(query.prompt, shown)] }];
}

/** No text where pictures speak for themselves; a message without anything is refused everywhere. */
function textPart(text: string, shown: readonly ContentPart[]): ContentPart[] {
  return text === "" && shown.length > 0 ? [] : [{ type: "text", text }];
}

async function pictureParts(files: readonly MediaFile[], media: ShownMedia): Promise<ContentPart[]> {
  const parts: ContentPart[] = [];
  for (const { frames } of await media.of(files)) {
    for (const frame of frames) {
      const bytes = typeof frame === "string" ? await platform.readFile(frame) : frame;
      if (!(bytes instanceof Uint8Array)) throw new DataError("pictures for a server have to be files, or the bytes of files: decoded pixels cannot be sent");
      const kind = pictureKind(bytes);
      const name = typeof frame === "string" ? frame : "a picture";
      if (kind === undefined) throw new DataError(`${name} is no JPEG, PNG, WebP, GIF, AVIF or BMP: servers take no others; convert it`);
      parts.push({ type: "image_url", image_url: { url: `data:image/${kind.toLowerCase()};base64,${base64(bytes)}` } });
    }
  }
  return parts;
}

/** In pieces: all bytes of a picture are too many arguments for one call. */
function base64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  return btoa(text);
}
