import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import * as z from "zod";
import { textOf } from "../data/text-file.ts";
import { DataError } from "../index.ts";

/** One question of many: pictures, and text after them. */
export interface Query {
  /** Paths; in the file relative to its folder. */
  readonly images: readonly string[];
  readonly text: string | undefined;
}

/** A line that cannot be answered, as it is printed in the place of its answer. */
export interface FailedLine {
  readonly error: string;
  readonly line: number;
}

/** What a line of the file came to. */
export type Line<Content> = { readonly line: number } & ({ readonly content: Content } | { readonly error: string });

const query = z
  .strictObject({ image: z.union([z.string(), z.array(z.string())], "it must be a path or a list of paths").optional(), text: z.string().optional() })
  .refine(({ image = [], text = "" }) => image.length > 0 || text !== "", "it asks nothing: give an image, a text, or both");

/**
 * Reads a file of one JSON object in each line: `{"image": "a.png", "text": "Question: …"}`. Empty lines are left out.
 * @param failed - told of each line that is no query; may throw
 * @throws DataError when it cannot be read, or holds nothing
 */
export async function readQueries(file: string, failed: (line: FailedLine) => void): Promise<Line<Query>[]> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new DataError(`the queries ${file} cannot be read (${(error as Error).message})`, { cause: error });
  }
  const lines = textOf(bytes, file)
    .split("\n")
    .map((text, i) => ({ text, line: i + 1 }));
  const filled = lines.filter(({ text }) => text.trim() !== "").map(({ text, line }) => ({ line, content: text }));
  if (filled.length === 0)
    throw new DataError(`${file} holds no queries; write one JSON object in each line, such as {"image": "a.png", "text": "Question: …"}`);
  return followed(filled, async (text) => readQuery(text, dirname(file)), failed);
}

/**
 * The lines with something made of each, as far as that goes.
 * @param next - throws a DataError when there is something wrong with this one
 * @param failed - told of each that goes no further; may throw to end it all
 */
export async function followed<Content, Next>(
  lines: readonly Line<Content>[],
  next: (content: Content) => Promise<Next>,
  failed: (line: FailedLine) => void,
): Promise<Line<Next>[]> {
  const result: Line<Next>[] = [];
  for (const each of lines) {
    if ("error" in each) result.push(each);
    else {
      try {
        result.push({ line: each.line, content: await next(each.content) });
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        const line = { line: each.line, error: error.message };
        failed(line);
        result.push(line);
      }
    }
  }
  return result;
}

/** The answers in the places of the lines that they belong to, and between them what could not be answered. @param answers - one for each line that could */
export function inPlaces<Answer>(lines: readonly Line<unknown>[], answers: readonly Answer[]): (Answer | FailedLine)[] {
  let next = 0;
  return lines.map((each) => ("error" in each ? { error: each.error, line: each.line } : answers[next++]!));
}

function readQuery(text: string, folder: string): Query {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DataError(`not JSON (${(error as Error).message}); write one object in each line, such as {"image": "a.png"}`, { cause: error });
  }
  const parsed = query.safeParse(json);
  if (!parsed.success) throw new DataError(parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": ")).join("; "));
  const { image = [], text: asked } = parsed.data;
  return { images: [image].flat().map((path) => resolve(folder, path)), text: asked };
}
