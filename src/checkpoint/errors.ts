/** A file of weights or a model folder that cannot be used: the message names it and says what to do. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}

/** A message that lists problems, of which there may be thousands. */
export function firstTen(what: string, problems: readonly string[]): string {
  const more = problems.length > 10 ? `\n  and ${problems.length - 10} more` : "";
  return `${what}:\n  ${problems.slice(0, 10).join("\n  ")}${more}`;
}
