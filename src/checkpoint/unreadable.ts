/** Why a tensor cannot be read whose type is known by its size at most: its file opens all the same, since it may be one that nobody needs. */
export function unreadableAs(storedAs: string, readable: Iterable<string>): string {
  return `is stored as ${storedAs}, which cannot be read; readable are ${[...readable].join(", ")}: convert it to one of them`;
}
