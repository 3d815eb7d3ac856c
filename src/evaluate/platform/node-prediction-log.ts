import { type FileHandle, open, readFile, truncate } from "node:fs/promises";
import { DataError } from "../../data/errors.ts";
import { writeWhole, writing } from "../../data/platform/node-write.ts";
import { textOf } from "../../data/text-file.ts";
import {
  type AnswerLine,
  arePredictions,
  headerLine,
  keyOf,
  type PredictionLog,
  type Predictions,
  type Provenance,
  predictionsText,
  readPredictions,
  type TaskLine,
} from "../predictions.ts";

/**
 * Keeps answers in a file, which a run that was killed goes on with: what is there is not asked again.
 * @param elsewhere - answers that were found in other files, and are not asked again either; the file has them when it is finished
 * @throws DataError when the file holds something else, or answers of another run: it says what is different
 */
export async function openPredictionLog(path: string, provenance: Provenance, elsewhere: readonly AnswerLine[] = []): Promise<PredictionLog> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return new Uint8Array();
    throw new DataError(`cannot read ${path} (${error.message})`, { cause: error });
  });
  // A line that was being written when the run was killed is not there.
  const whole = bytes.lastIndexOf(0x0a) + 1;
  const text = textOf(bytes.subarray(0, whole), path);
  if (bytes.length > 0 && !arePredictions(textOf(bytes.subarray(0, 64), path)))
    throw new DataError(`${path} is there already and holds something else than predictions; name another file`);
  if (whole === 0) await writeWhole(path, headerLine(provenance), { durable: true });
  else if (whole < bytes.length) await writing(path, () => truncate(path, whole));
  const found = whole === 0 ? { provenance, tasks: [], answers: [] } : readPredictions(text, path);
  const different = differences(found.provenance, provenance);
  if (different.length > 0) throw new DataError(`${path} holds answers of another run: ${different.join("; ")}. Name another file, or delete it to begin anew`);
  const answers = [...found.answers, ...elsewhere];
  return new FileLog(path, await open(path, "a"), { ...found, answers }, whole === 0 ? headerLine(provenance) : text);
}

class FileLog implements PredictionLog {
  private readonly path: string;
  private readonly file: FileHandle;
  private readonly provenance: Provenance;
  private readonly tasks: TaskLine[];
  private readonly answers: AnswerLine[];
  private readonly earlier: ReadonlyMap<string, ReadonlyMap<number, AnswerLine>>;
  /** Answers may come while others are being written. */
  private writes: Promise<void> = Promise.resolve();
  private text: string;

  constructor(path: string, file: FileHandle, { provenance, tasks, answers }: Predictions, text: string) {
    this.path = path;
    this.file = file;
    this.provenance = provenance;
    this.tasks = [...tasks];
    this.answers = [...answers];
    this.text = text;
    this.earlier = new Map([...Map.groupBy(answers, keyOf)].map(([key, of]) => [key, new Map(of.map((each) => [each.place, each]))]));
  }

  async begin(task: TaskLine): Promise<void> {
    const found = this.tasks.find((each) => each.task === task.task && each.shots === task.shots && each.trial === task.trial);
    if (found === undefined) {
      this.tasks.push(task);
      return this.write([task]);
    }
    const different = differences({ ...found }, { ...task });
    if (different.length > 0)
      throw new DataError(
        `${this.path} holds answers of another run, in ${task.task}, ${task.shots} shots: ${different.join("; ")}. Name another file, or delete it`,
      );
  }

  known(of: Pick<AnswerLine, "task" | "shots" | "trial" | "answerer">): ReadonlyMap<number, AnswerLine> {
    return this.earlier.get(keyOf(of)) ?? new Map();
  }

  async append(answers: readonly AnswerLine[]): Promise<void> {
    this.answers.push(...answers);
    await this.write(answers);
  }

  async finish(): Promise<void> {
    await this.writes;
    const text = predictionsText({ provenance: this.provenance, tasks: this.tasks, answers: this.answers });
    if (text !== this.text) await writeWhole(this.path, text, { durable: true });
  }

  async close(): Promise<void> {
    await this.writes.catch(() => {});
    await this.file.close();
  }

  private write(lines: readonly object[]): Promise<void> {
    const added = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    this.writes = this.writes.then(() =>
      writing(this.path, async () => {
        await this.file.appendFile(added);
        await this.file.datasync();
        this.text += added;
      }),
    );
    return this.writes;
  }
}

/** In words, by what is different. */
function differences(found: Provenance, here: Provenance): string[] {
  const written = (value: unknown): string => JSON.stringify(value) ?? "nothing";
  return [...new Set([...Object.keys(found), ...Object.keys(here)])]
    .filter((key) => written(found[key]) !== written(here[key]))
    .map((key) => `${key} there is ${written(found[key])}, here ${written(here[key])}`);
}
