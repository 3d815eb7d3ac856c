/**
 * Documents of MMC4 (Zhu et al., 2023) as OpenFlamingo trains on them: each picture goes before the one sentence that it fits best, no two before the same (`mmc4_preprocess` of its
 * `data.py`). There the pictures keep the order of the file, whatever order their sentences have, so that two that cross are mixed up; here each stays with its sentence.
 */
import { munkres } from "munkres";
import * as z from "zod";
import type { BadSample, Sample, SamplePiece } from "./sample.ts";

export const mmc4Options = z.strictObject({
  /** Least likeness of a picture to its sentence: what OpenFlamingo's runs had. */
  similarity: z.number().default(0.24),
  /** Fewer whole thousands of bytes than this, and a picture is taken for a placeholder. */
  leastKilobytes: z.number().int().nonnegative().default(11),
});
export type Mmc4Options = z.output<typeof mmc4Options>;

const mmc4Document = z.object({
  text_list: z.array(z.string()),
  similarity_matrix: z.array(z.array(z.number())),
  image_info: z.array(z.object({ image_name: z.string().optional(), image_base64: z.string().nullish() })),
});

export function isMmc4(record: Readonly<Record<string, unknown>>): boolean {
  return "text_list" in record && "image_info" in record;
}

/** @param decode - the bytes that base64 text stands for */
export function mmc4Sample(
  key: string,
  record: unknown,
  { similarity, leastKilobytes }: Mmc4Options,
  decode: (base64: string) => Uint8Array,
): Sample | BadSample {
  const parsed = mmc4Document.safeParse(record);
  if (!parsed.success) return { key, bad: `it is no MMC4 document: ${parsed.error.issues[0]!.path.join(".")}: ${parsed.error.issues[0]!.message}` };
  const { text_list: sentences, similarity_matrix: rows, image_info: infos } = parsed.data;
  if (rows.length !== infos.length) return { key, bad: `it has ${infos.length} pictures and likenesses of ${rows.length}` };
  if (rows.some((row) => row.length !== sentences.length))
    return { key, bad: `it has ${sentences.length} sentences, and likenesses to another number of them` };
  const pictures = infos.flatMap(({ image_name: name, image_base64: base64 }, i) => {
    if (base64 === undefined || base64 === null || base64 === "") return [];
    const file = decode(base64);
    return Math.floor(file.length / 1000) < leastKilobytes ? [] : [{ piece: { kind: "picture", name: name ?? `picture ${i}`, file } as const, row: rows[i]! }];
  });
  if (pictures.length === 0) return { key, form: "page", joint: " ", pieces: sentences.map((text) => ({ kind: "text", text })) };
  const before = new Map<number, SamplePiece>();
  for (const [picture, sentence] of assigned(pictures.map(({ row }) => row))) {
    const { piece, row } = pictures[picture]!;
    if (row[sentence]! >= similarity) before.set(sentence, piece);
  }
  const pieces = sentences.flatMap((text, sentence): SamplePiece[] => [...(before.has(sentence) ? [before.get(sentence)!] : []), { kind: "text", text }]);
  return { key, form: "page", joint: " ", pieces };
}

/** Pairs of row and column whose likenesses have the largest sum. */
function assigned(likeness: readonly (readonly number[])[]): readonly (readonly [number, number])[] {
  if (likeness[0]!.length === 0) return [];
  return munkres(likeness.map((row) => row.map((value) => -value)));
}
