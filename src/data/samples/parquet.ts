/** Rows of a Parquet file; in memory is one group of rows at a time. */
import { type FileMetaData, parquetMetadataAsync, parquetReadObjects, parquetSchema, type SchemaTree } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { platform } from "#data-platform";
import type { ByteSource } from "../byte-source.ts";
import { DataError } from "../errors.ts";
import { type Fields, imageFields, type RecordOptions, recordSample, textFields, videoFields } from "./record-sample.ts";
import type { OpenShard } from "./sample.ts";

/** OBELICS' columns, or a picture's or video's and a text's. @throws DataError when there are none such, or they are of another type */
export function openParquet(options: RecordOptions): OpenShard {
  return async (path) => {
    const source = await platform.openFile(path);
    const file = { byteLength: source.size, slice: (start: number, end?: number) => slice(source, start, end) };
    try {
      const metadata = await reading(path, () => parquetMetadataAsync(file));
      const { columns, named } = sampleColumns(metadata, path, options);
      return {
        async *samples(from, wanted) {
          let end = 0;
          for (const { num_rows } of metadata.row_groups) {
            const start = end;
            end += Number(num_rows);
            const numbers = Array.from({ length: end - start }, (_, i) => start + i).filter((number) => number >= from && wanted(number));
            if (numbers.length === 0) continue;
            const rows = await reading(path, () =>
              parquetReadObjects({ file, metadata, columns, rowStart: start, rowEnd: end, compressors, utf8: false, geoparquet: false }),
            );
            for (const number of numbers)
              yield { number, sample: recordSample(rows[number - start] as Fields, { shard: path, key: `row ${number}` }, { ...named, mmc4: options.mmc4 }) };
          }
        },
        close: () => source.close(),
      };
    } catch (error) {
      await source.close();
      throw error;
    }
  };
}

async function slice(source: ByteSource, start: number, end = source.size): Promise<ArrayBuffer> {
  const from = start < 0 ? source.size + start : start;
  const { buffer, byteOffset, byteLength } = await source.read(from, Math.min(end, source.size));
  return byteOffset === 0 && byteLength === buffer.byteLength ? (buffer as ArrayBuffer) : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}

async function reading<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${path} is damaged, cut short, or no Parquet file (${(error as Error).message}); what comes after that is lost`, { cause: error });
  }
}

/** The columns that are read, and which of a pair's parts they are: of every row, whether or not they hold something there. */
interface SampleColumns {
  readonly columns: string[];
  readonly named: Pick<RecordOptions, "image" | "video" | "text">;
}

function sampleColumns(metadata: FileMetaData, path: string, options: RecordOptions): SampleColumns {
  const columns = new Map(parquetSchema(metadata).children.map((column) => [column.element.name, column]));
  const all = [...columns.keys()].join(", ");
  const checked = (name: string, fits: (column: SchemaTree) => boolean, what: string): string => {
    const column = columns.get(name);
    if (column === undefined) throw new DataError(`${path} has no column "${name}"; it has ${all}`);
    if (!fits(column)) throw new DataError(`the column "${name}" of ${path} holds ${typeName(column)}, not ${what}`);
    return name;
  };
  if (options.image === undefined && options.video === undefined && options.text === undefined && columns.has("images") && columns.has("texts")) {
    const images = checked("images", (column) => isListOf(column, isFile), "lists of pictures or addresses");
    return { columns: [images, checked("texts", (column) => isListOf(column, isText), "lists of texts")], named: {} };
  }
  const text = options.text ?? textFields.find((name) => columns.has(name));
  const image = options.image ?? (options.video === undefined ? imageFields.find((name) => columns.has(name)) : undefined);
  const video = options.video ?? (image === undefined ? videoFields.find((name) => columns.has(name)) : undefined);
  if (text === undefined)
    throw new DataError(`${path} has none of the columns ${textFields.join(", ")}; it has ${all}. Name the one with the text with "text"`);
  const said = checked(text, isText, "text");
  const media = [
    ...(image === undefined ? [] : [checked(image, isFile, "pictures, their paths or addresses")]),
    ...(video === undefined ? [] : [checked(video, isFile, "videos, their paths or addresses")]),
  ];
  return { columns: [...media, said], named: { image, video, text } };
}

function isText({ element: { type, converted_type, logical_type }, children }: SchemaTree): boolean {
  return children.length === 0 && type === "BYTE_ARRAY" && (converted_type === "UTF8" || logical_type?.type === "STRING");
}

function isFile(column: SchemaTree): boolean {
  const { element, children } = column;
  if (children.length === 0) return element.type === "BYTE_ARRAY";
  return element.converted_type !== "LIST" && children.some(({ element: { name, type } }) => name === "bytes" && type === "BYTE_ARRAY");
}

/** Lists are groups of a repeated group of one element. */
function isListOf({ element, children: [repeated] }: SchemaTree, fits: (column: SchemaTree) => boolean): boolean {
  const isList = element.converted_type === "LIST" || element.logical_type?.type === "LIST";
  return isList && repeated !== undefined && fits(repeated.children[0] ?? repeated);
}

function typeName({ element: { type, converted_type }, children }: SchemaTree): string {
  return converted_type ?? type ?? `a group of ${children.map(({ element: { name } }) => name).join(", ")}`;
}
