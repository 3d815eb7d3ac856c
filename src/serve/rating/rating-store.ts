import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { DataError } from "../../data/errors.ts";
import type { RatingPlan } from "../../evaluate/ratings/rating-plan.ts";
import type { Rating } from "../../evaluate/ratings/rating-summary.ts";

/** Ratings in an SQLite file. Each is on the disk when `rate` returns. */
export class RatingStore {
  private readonly database: DatabaseSync;

  /**
   * Opens the file, or makes it.
   * @throws DataError when it cannot be opened, is something else, or holds ratings of other answers
   */
  constructor(path: string, { identity }: Pick<RatingPlan, "identity">) {
    const answers = createHash("sha256").update(identity).digest("hex");
    this.database = opening(path, () => new DatabaseSync(path, { timeout: 5000 }));
    const found = opening(path, () => {
      this.database.exec(`
        CREATE TABLE IF NOT EXISTS about (what TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS ratings (
          rater TEXT NOT NULL, item TEXT NOT NULL, value INTEGER NOT NULL, mirrored INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (rater, item)
        ) STRICT;`);
      this.database.prepare("INSERT OR IGNORE INTO about VALUES ('answers', ?)").run(answers);
      return this.database.prepare("SELECT value FROM about WHERE what = 'answers'").get()?.["value"];
    });
    if (found === answers) return;
    this.database.close();
    throw new DataError(`${path} holds ratings of other answers, or in another mode; name another file with --ratings`);
  }

  all(): Rating[] {
    const rows = this.database.prepare("SELECT rater, item, value, mirrored FROM ratings ORDER BY rater, item").all();
    return rows.map(({ rater, item, value, mirrored }) => ({ rater: String(rater), item: String(item), value: Number(value), mirrored: mirrored === 1 }));
  }

  /** What a rater has judged, by item. */
  of(rater: string): ReadonlyMap<string, number> {
    const rows = this.database.prepare("SELECT item, value FROM ratings WHERE rater = ?").all(rater);
    return new Map(rows.map(({ item, value }) => [String(item), Number(value)]));
  }

  /** A later judgement of the same item takes the place of the earlier one. */
  rate({ rater, item, value, mirrored }: Rating): void {
    this.database.prepare("INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?, ?)").run(rater, item, value, Number(mirrored), new Date().toISOString());
  }

  close(): void {
    this.database.close();
  }
}

function opening<Result>(path: string, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    throw new DataError(`${path} cannot be used for ratings (${(error as Error).message}); name another file with --ratings`, { cause: error });
  }
}
