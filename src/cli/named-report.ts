import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { DataError } from "../data/errors.ts";
import { textOf } from "../data/text-file.ts";
import { type EvaluationReport, readResults } from "../evaluate/report/results-file.ts";

export interface NamedReport {
  /** What people call the run. */
  readonly name: string;
  readonly report: EvaluationReport;
}

/** Runs are called by their models, or where these are the same by their files. @throws DataError when a file cannot be read, or holds no results */
export async function readReports(files: readonly string[]): Promise<NamedReport[]> {
  const reports: EvaluationReport[] = [];
  for (const file of files) {
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw new DataError(error.code === "ENOENT" ? `there is no file ${file}` : `cannot read ${file} (${error.message})`, { cause: error });
    });
    reports.push(readResults(textOf(bytes, file), file));
  }
  const namings = [reports.map(({ model }) => basename(model)), files.map((file) => basename(file, ".json")), files];
  const names = namings.find((each) => new Set(each).size === files.length) ?? files.map((file, i) => `${file} (${i + 1})`);
  return reports.map((report, i) => ({ name: names[i]!, report }));
}
