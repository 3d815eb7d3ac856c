import type { WrittenTask } from "./task.ts";
import { parseTask } from "./task-file.ts";

/** Characters of an address that holds a task. Browsers take more; chats and mail programs cut sooner or later. */
export const longestLink = 60_000;
const mark = "#task=";

/** The address of this page with a task in it, behind the `#`: browsers send that part to nobody. @param content - of a task's file */
export async function linkOf(page: string, content: string): Promise<string> {
  const packed = new Blob([JSON.stringify(JSON.parse(content))]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  const text = bytes.reduce((binary, byte) => binary + String.fromCharCode(byte), "");
  return `${page.split("#")[0]!}${mark}${btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** The task in an address. @returns undefined where there is none @throws TaskFileError when it is damaged */
export async function taskInLink(hash: string): Promise<WrittenTask | undefined> {
  if (!hash.startsWith(mark)) return undefined;
  return parseTask(await unpacked(hash.slice(mark.length)).catch(() => ""), "This link");
}

async function unpacked(text: string): Promise<string> {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
}
