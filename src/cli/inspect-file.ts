import type { StoredWeight, WeightFile } from "../checkpoint/weight-file.ts";
import { openWeightsAt } from "../checkpoint/weights.ts";
import { sizeOf } from "../runtime/host-tensor.ts";

const shownAtFirst = 20;
/** Longer arrays and texts of metadata are told by their length. */
const longestArray = 8;
const longestText = 200;

interface InspectFileOptions {
  readonly json: boolean;
  /** Every tensor, not the first ones only. */
  readonly all: boolean;
}

interface Total {
  readonly type: string;
  readonly tensors: number;
  readonly values: number;
  readonly bytes: number;
}

/** Prints what a file of weights, or an index of several, holds. Reads headers only. */
export async function inspectFile(path: string, { json, all }: InspectFileOptions): Promise<void> {
  const { file, bytes, close } = await openWeightsAt(path);
  await close();
  const tensors = [...file.weights];
  const shown = all ? tensors : tensors.slice(0, shownAtFirst);
  const totals = totalsOf(file);
  const longestType = Math.max(10, ...totals.map(({ type }) => printable(type).length));
  if (json) {
    const listed = shown.map(([name, { storedAs: type, shape, bytes }]) => ({ name, type, shape, bytes }));
    const metadata = Object.fromEntries(Object.entries(file.metadata).map(([key, value]) => [key, shortened(value)]));
    process.stdout.write(`${JSON.stringify({ file: path, format: file.format, bytes, tensorCount: tensors.length, tensors: listed, totals, metadata })}\n`);
    return;
  }
  const lines = [
    `${printable(path)}: ${file.format}, ${tensors.length} tensors, ${readableSize(bytes)}`,
    ...columns(shown),
    ...(shown.length < tensors.length ? [`  and ${tensors.length - shown.length} more (--all shows them)`] : []),
    "By type:",
    ...totals.map(
      ({ type, tensors: count, values, bytes: size }) =>
        `  ${printable(type).padEnd(longestType)} ${String(count).padStart(6)} tensors  ${values.toLocaleString("en")} values  ${readableSize(size)}`,
    ),
    ...metadataLines(file),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

function totalsOf({ weights }: WeightFile): Total[] {
  const totals = new Map<string, Total>();
  for (const { storedAs: type, shape, bytes } of weights.values()) {
    const { tensors, values, bytes: before } = totals.get(type) ?? { tensors: 0, values: 0, bytes: 0 };
    totals.set(type, { type, tensors: tensors + 1, values: values + sizeOf(shape), bytes: before + bytes });
  }
  return [...totals.values()];
}

function columns(weights: readonly (readonly [string, StoredWeight])[]): string[] {
  const rows = weights.map(
    ([name, { storedAs, shape, bytes }]) => [printable(name), printable(storedAs), `[${shape.join(", ")}]`, bytes.toLocaleString("en")] as const,
  );
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return rows.map(
    ([name, type, shape, bytes]) =>
      `  ${name.padEnd(widths[0]!)}  ${type.padEnd(widths[1]!)}  ${shape.padEnd(widths[2]!)}  ${bytes.padStart(widths[3]!)} bytes`,
  );
}

function metadataLines({ metadata }: WeightFile): string[] {
  const entries = Object.entries(metadata);
  if (entries.length === 0) return ["No metadata"];
  return ["Metadata:", ...entries.map(([key, value]) => `  ${printable(key)}: ${described(shortened(value))}`)];
}

/** A value as JSON can hold it; vocabularies, templates of many lines and what is nested deeply are told by their length. */
function shortened(value: unknown, depth = 2): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "string") return value.length > longestText ? { characters: value.length } : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return depth === 0 || value.length > longestArray ? { values: value.length } : value.map((each) => shortened(each, depth - 1));
  const entries = Object.entries(value);
  if (depth === 0 || entries.length > longestArray) return { entries: entries.length };
  return Object.fromEntries(entries.map(([key, each]) => [key, shortened(each, depth - 1)]));
}

function described(value: unknown): string {
  return printable(typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing"));
}

/** Names come from the file: control characters among them must not reach the terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

function readableSize(bytes: number): string {
  return bytes < 100_000 ? `${bytes.toLocaleString("en")} bytes` : `${(bytes / 1e6).toFixed(1)} MB`;
}
