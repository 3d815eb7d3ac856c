/** Everything that was dropped, what lies in folders as well. To be called while the event lasts. */
export async function droppedFiles({ items }: DataTransfer): Promise<readonly File[]> {
  // The list is empty once the event is over.
  const entries = [...items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const found = await Promise.all(entries.map((entry) => (entry === null ? [] : entry instanceof File ? [entry] : filesIn(entry, true))));
  return found.flat();
}

async function filesIn(entry: FileSystemEntry, isDropped: boolean): Promise<readonly File[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    // As a file has it that was chosen with its folder.
    if (!isDropped) Object.defineProperty(file, "webkitRelativePath", { value: entry.fullPath.slice(1) });
    return [file];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  for (;;) {
    // Some at a time, as many as the browser likes.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map((each) => filesIn(each, false)))).flat();
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
