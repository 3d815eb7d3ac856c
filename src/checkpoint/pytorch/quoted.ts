const longest = 120;

/** A name from a file as an error shows it: in a hostile one it may be endless, or move the cursor of a terminal. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > longest ? `${name.slice(0, longest)}…` : name);
}
