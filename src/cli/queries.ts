import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { DataError } from "../index.ts";

/** One question of many: pictures, and text after them. */
export interface Query {
  /** Paths; in the file relative to its folder. */
  readonly images: readonly string[];
  readonly text: string | undefined;
}

const line = z
  .strictObject({ image: z.union([z.string(), z.array(z.string())]).optional(), text: z.string().optional() })
  .refine(({ image = [], text = "" }) => image.length > 0 || text !== "", "it asks nothing: give an image, a text, or both");

/** Reads a file of one JSON object in each line: `{"image": "a.png", "text": "Question: …"}`. @throws DataError with the line that is wrong */
export async function readQueries(file: string): Promise<Query[]> {
  let content: string;
  try {
    content = await readFile(file, "utf8");
  } catch (error) {
    throw new DataError(`the queries ${file} cannot be read (${(error as Error).message})`, { cause: error });
  }
  const lines = content.split("\n").map((text, i) => ({ text, number: i + 1 }));
  const queries = lines.filter(({ text }) => text.trim() !== "").map(({ text, number }) => readQuery(text, `${file}, line ${number}`, dirname(file)));
  if (queries.length === 0)
    throw new DataError(`${file} holds no queries; write one JSON object in each line, such as {"image": "a.png", "text": "Question: …"}`);
  return queries;
}

function readQuery(text: string, place: string, folder: string): Query {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DataError(`${place}: not JSON (${(error as Error).message}); write one object in each line, such as {"image": "a.png"}`, { cause: error });
  }
  const parsed = line.safeParse(json);
  if (!parsed.success)
    throw new DataError(`${place}: ${parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": ")).join("; ")}`);
  const { image = [], text: asked } = parsed.data;
  return { images: [image].flat().map((path) => resolve(folder, path)), text: asked };
}
