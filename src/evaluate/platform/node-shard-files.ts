import { mkdir, readdir, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { writing } from "../../data/platform/node-write.ts";
import { textOf } from "../../data/text-file.ts";
import { type AnswerLine, headerLine, type PredictionLog, type Predictions, type Provenance, readPredictions } from "../predictions.ts";
import { openPredictionLog } from "./node-prediction-log.ts";

/**
 * Where the answers of a shared run lie: each finished shard in a file of its own, in a folder beside the run's predictions, which hold nothing but what they depend on until all shards are there.
 * A file is written under another name and renamed when it is whole.
 */
export class ShardFiles {
  readonly shards: number;
  readonly folder: string;
  /** What the predictions hold already. */
  readonly answers: readonly AnswerLine[];
  private readonly predictions: string;
  private readonly provenance: Provenance;

  private constructor(predictions: string, provenance: Provenance, shards: number, answers: readonly AnswerLine[]) {
    this.predictions = predictions;
    this.provenance = provenance;
    this.shards = shards;
    this.folder = `${predictions}.shards`;
    this.answers = answers;
  }

  /** @param writer - see {@link write} @throws DataError when the predictions hold answers of another run: it says what is different */
  static async open(predictions: string, provenance: Provenance, shards: number, writer: string): Promise<ShardFiles> {
    const isThere = await stat(predictions).then(
      () => true,
      () => false,
    );
    if (!isThere) {
      // Under a name of its own first: others begin at the same moment.
      const part = `${predictions}.${writer}.part`;
      await (await openPredictionLog(part, provenance)).close();
      await writing(predictions, () => rename(part, predictions));
    }
    await (await openPredictionLog(predictions, provenance)).close();
    const { answers } = readPredictions(textOf(await readFile(predictions), predictions), predictions);
    const files = new ShardFiles(predictions, provenance, shards, answers);
    await writing(files.folder, () => mkdir(files.folder, { recursive: true }));
    return files;
  }

  async missing(): Promise<number[]> {
    const there = new Set(await readdir(this.folder));
    return Array.from({ length: this.shards }, (_, shard) => shard).filter((shard) => !there.has(this.nameOf(shard)));
  }

  /**
   * Does the work of a shard, whose answers are kept as they come.
   * @param writer - tells who does it: nobody else writes under that name, and who begins again with it goes on
   */
  async write(shard: number, writer: string, work: (log: PredictionLog) => Promise<void>): Promise<void> {
    await this.writeAs(this.path(shard), writer, { ...this.provenance, ...this.mark(shard) }, [], work);
  }

  /** A shard that is there. @throws DataError when it is of another run */
  async read(shard: number): Promise<Predictions> {
    const path = this.path(shard);
    const bytes = await readFile(path);
    const found = readPredictions(textOf(bytes, path), path);
    if (headerLine(found.provenance) === headerLine({ ...this.provenance, ...this.mark(shard) })) return found;
    // It says what is different.
    await (await openPredictionLog(path, { ...this.provenance, ...this.mark(shard) })).close();
    return found;
  }

  path(shard: number): string {
    return join(this.folder, this.nameOf(shard));
  }

  /** Makes the predictions whole. @param answers - of all shards, in their order; those that the predictions hold already may be among them */
  merge<Result>(writer: string, answers: readonly AnswerLine[], work: (log: PredictionLog) => Promise<Result>): Promise<Result> {
    return this.writeAs(this.predictions, writer, this.provenance, answers, work);
  }

  private async writeAs<Result>(
    path: string,
    writer: string,
    provenance: Provenance,
    answers: readonly AnswerLine[],
    work: (log: PredictionLog) => Promise<Result>,
  ): Promise<Result> {
    const part = `${path}.${writer}.part`;
    const log = await openPredictionLog(part, provenance, answers);
    let result: Result;
    try {
      result = await work(log);
      await log.finish();
    } finally {
      await log.close();
    }
    await writing(path, () => rename(part, path));
    return result;
  }

  private mark(shard: number): Provenance {
    return { shard: `${shard} of ${this.shards}` };
  }

  private nameOf(shard: number): string {
    const digits = String(this.shards - 1).length;
    return `${String(shard).padStart(digits, "0")}-of-${this.shards}.jsonl`;
  }
}
