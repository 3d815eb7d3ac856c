import { CheckpointError } from "../errors.ts";

/**
 * Chooses files as `allow_patterns` of Python's huggingface_hub does, by the rules of its `fnmatch`: `*` also crosses folders, `?` is one character,
 * `[a-z]` and `[!a-z]` are sets, `folder/` is everything in it. A name without any of these is the name of one file.
 *
 * @returns those that match at least one pattern, in the given order; all when there are no patterns
 * @throws CheckpointError naming the pattern that matches nothing
 */
export function chooseFiles<File extends { readonly name: string }>(repository: string, files: readonly File[], patterns: readonly string[]): readonly File[] {
  if (patterns.length === 0) return files;
  const matchers = patterns.map(matcherOf);
  for (const [i, pattern] of patterns.entries()) {
    if (files.some(({ name }) => matchers[i]!.test(name))) continue;
    const names = files.map(({ name }) => name);
    const more = names.length > 10 ? ` and ${names.length - 10} more` : "";
    throw new CheckpointError(`${repository} has no file that matches "${pattern}"; it has ${names.slice(0, 10).join(", ")}${more}`);
  }
  return files.filter(({ name }) => matchers.some((matcher) => matcher.test(name)));
}

function matcherOf(pattern: string): RegExp {
  const slashed = pattern.replaceAll("\\", "/");
  const whole = slashed.endsWith("/") ? `${slashed}*` : slashed;
  // A set may have "]" as its first character; an opening bracket without a closing one is itself.
  const source = whole.replace(/\[(!?)(\]?[^\]]*)\]|\*+|\?|[^*?]/gsu, (part, negated: string | undefined, set: string | undefined) => {
    if (set !== undefined && set !== "") return `[${negated === "!" ? "^" : ""}${set.replace(/[\\^[\]]/g, "\\$&")}]`;
    if (part.startsWith("*")) return ".*";
    if (part === "?") return ".";
    return part.replace(/[.+^${}()|[\]\\/]/g, "\\$&");
  });
  try {
    return new RegExp(`^${source}$`, "su");
  } catch {
    throw new CheckpointError(`"${pattern}" is not a pattern of file names; use * and ?, such as "*.json"`);
  }
}
