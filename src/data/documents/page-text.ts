/** The text of a page's file, whose characters its first bytes, its server or itself names. */

const most = 1024;

/** @param said - by the server, as in `text/html; charset=latin1` */
export function pageText(bytes: Uint8Array, said?: string): string {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, most));
  const named =
    /charset=["']?([\w-]+)/i.exec(said ?? "")?.[1] ??
    /<meta[^>]+charset=["']?([\w-]+)/i.exec(start)?.[1] ??
    /<\?xml[^>]+encoding=["']([\w-]+)/i.exec(start)?.[1];
  const mark = start.startsWith("\xef\xbb\xbf") ? "utf-8" : start.startsWith("\xff\xfe") ? "utf-16le" : start.startsWith("\xfe\xff") ? "utf-16be" : undefined;
  for (const label of [mark, named]) {
    try {
      if (label !== undefined) return new TextDecoder(label).decode(bytes);
    } catch {
      // A name that nobody knows is no name.
    }
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
