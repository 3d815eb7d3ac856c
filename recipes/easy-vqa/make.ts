/** easy-VQA (Victor Zhou, MIT licence): questions about one shape on a picture of 64 x 64, with the author's split, out of the Python package of that name. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { jsonOf, type ShowProgress } from "flamingo-vlm/data";
import { type PackageWheel, wheelFiles, writeWhole } from "flamingo-vlm/files";
import * as z from "zod";

const easyVqa: PackageWheel = {
  package: "easy-vqa",
  wheel: "easy_vqa-1.0-py3-none-any.whl",
  bytes: 3_215_672,
  sha256: "fcb51b309b78c7b00f97b64cdbcbcf5c105f94da1b39c0796cee5a787c4f650f",
};

export const splits = ["train", "test"] as const;
export type Split = (typeof splits)[number];

const official = z.array(z.tuple([z.string(), z.string(), z.number().int()]));
const line = z.strictObject({ image: z.string(), question: z.string(), answer: z.string(), choices: z.array(z.string()).optional() });
export type EasyQuestion = z.output<typeof line>;

/** Writes `train.jsonl`, `test.jsonl` and the pictures that they name, unless they are there already. @returns questions of each split */
export async function makeEasyVqa(folder: string, show: ShowProgress, signal?: AbortSignal): Promise<Readonly<Record<Split, number>>> {
  const there = await Promise.all(splits.map((split) => readQuestions(folder, split).catch(() => undefined)));
  const [train, test] = there.map((questions) => questions?.length);
  if (train !== undefined && test !== undefined) return { train, test };
  const files = await wheelFiles(easyVqa, show, signal);
  const read = async (name: string): Promise<Uint8Array> => {
    const entry = files.get(`easy_vqa/data/${name}`)!;
    return entry.read(0, entry.size);
  };
  const choices = new TextDecoder()
    .decode(await read("answers.txt"))
    .trim()
    .split("\n");
  const counts = { train: 0, test: 0 };
  for (const split of splits) {
    const questions = official.parse(jsonOf(await read(`${split}/questions.json`), `${split}/questions.json`));
    const pictures = [...new Set(questions.map(([, , picture]) => picture))];
    for (let i = 0; i < pictures.length; i += 64) {
      signal?.throwIfAborted();
      await Promise.all(
        pictures
          .slice(i, i + 64)
          .map(async (picture) => writeWhole(join(folder, pathOf(split, picture)), await read(`${split}/images/${picture}.png`), { makeFolders: true })),
      );
      show(`easy-VQA, ${split}: pictures ${Math.min(i + 64, pictures.length)}/${pictures.length}`, i + 64 >= pictures.length);
    }
    // What is measured can be asked by itself; what is learnt needs no choices.
    const lines = questions.map(([question, answer, picture]) => ({
      image: pathOf(split, picture),
      question,
      answer,
      ...(split === "test" && { choices }),
    }));
    // Last, so that what was interrupted is made anew.
    await writeWhole(join(folder, `${split}.jsonl`), `${lines.map((each) => JSON.stringify(each)).join("\n")}\n`);
    counts[split] = lines.length;
  }
  return counts;
}

export async function readQuestions(folder: string, split: Split): Promise<EasyQuestion[]> {
  const file = join(folder, `${split}.jsonl`);
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  return lines.map((each) => line.parse(JSON.parse(each)));
}

function pathOf(split: Split, picture: number): string {
  return `${split}/${picture}.png`;
}
