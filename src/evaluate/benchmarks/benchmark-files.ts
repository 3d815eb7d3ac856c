import * as z from "zod";
import { platform } from "#data-platform";
import { DataError } from "../../data/errors.ts";
import { jsonIn, jsonOf, textOf } from "../../data/text-file.ts";

/** Files of a benchmark, in one folder. Each is held against a schema; what it holds besides is let be. All paths are below the folder. */
export class BenchmarkFiles {
  readonly folder: string;
  private readonly listings = new Map<string, Promise<readonly string[] | undefined>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Where a file lies. */
  at(path: string): string {
    return `${this.folder}/${path}`;
  }

  /** @throws DataError when it is missing, or its content is of another form: so do the others */
  async json<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return this.checked(schema, jsonOf(await this.bytes(path), this.at(path)), this.at(path));
  }

  /** One JSON object in each line. */
  async lines<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>[]> {
    const lines = (await this.text(path)).split("\n");
    return lines.flatMap((line, i) => {
      if (line.trim() === "") return [];
      const name = `${this.at(path)}, line ${i + 1}`;
      return [this.checked(schema, jsonIn(line, name), name)];
    });
  }

  /** Rows of a table by the names in its first line. */
  async csv<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>[]> {
    const name = this.at(path);
    const text = await this.text(path);
    // Loaded when it is needed: it wants Node's Buffer, and suites are opened in pages too.
    const { parse } = await import("csv-parse/sync");
    let rows: unknown;
    try {
      rows = parse(text, { columns: true, skip_empty_lines: true });
    } catch (error) {
      throw new DataError(`${name} is not a table in CSV form (${(error as Error).message})`, { cause: error });
    }
    return this.checked(z.array(schema), rows, name);
  }

  async bytes(path: string): Promise<Uint8Array> {
    return platform.readFile(this.at(path));
  }

  async text(path: string): Promise<string> {
    return textOf(await this.bytes(path), this.at(path));
  }

  /** Names in a folder, in order; none where there is no such folder. Remembered. */
  async names(path: string): Promise<readonly string[]> {
    let listing = this.listings.get(path);
    if (listing === undefined) {
      listing = platform.listFolder(path === "" ? this.folder : this.at(path)).then((names) => names?.toSorted());
      this.listings.set(path, listing);
    }
    return (await listing) ?? [];
  }

  async has(path: string): Promise<boolean> {
    const slash = path.lastIndexOf("/");
    return (await this.names(path.slice(0, Math.max(0, slash)))).includes(path.slice(slash + 1));
  }

  private checked<Schema extends z.ZodType>(schema: Schema, content: unknown, name: string): z.output<Schema> {
    const result = schema.safeParse(content);
    if (result.success) return result.data;
    const { path, message } = result.error.issues[0]!;
    throw new DataError(`${name} is not of the benchmark's official form: ${path.length === 0 ? "" : `"${path.join(".")}": `}${message}`);
  }
}
