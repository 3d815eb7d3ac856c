import { resolve } from "node:path";
import { Command } from "commander";
import { publishedOf } from "../evaluate/published/published-results.ts";
import { compareResults, comparison } from "../evaluate/report/compare-results.ts";
import { readReports } from "./named-report.ts";
import { mediaOfResults } from "./report-pictures.ts";
import { comparisonTable, resultTable } from "./result-table.ts";
import { writeReport } from "./write-report.ts";

interface ReportOptions {
  readonly out: string;
  readonly pictures?: string;
  readonly json?: boolean;
}

/** `flamingo report RESULTS.json [OTHER.json]`: what an evaluation came to, long after it, without the model. */
export const reportCommand = (): Command =>
  new Command("report")
    .description("make a page of the results of flamingo evaluate, or of two beside each other: plots, tables, published figures, answers with their pictures")
    .argument("<results>", "what flamingo evaluate --out has written")
    .argument("[other]", "results that it is compared with, question by question where both were asked the same")
    .option("--out <file>", "the page", "report.html")
    .option("--pictures <folder>", "of the suite, where they lie elsewhere now")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  flamingo evaluate --suite nano --out results.json\n  flamingo report results.json\n  flamingo report after.json before.json --out difference.html",
    )
    .action(report);

async function report(first: string, second: string | undefined, { out, pictures, json = false }: ReportOptions): Promise<void> {
  const reports = await readReports(second === undefined ? [first] : [first, second]);
  const [one, other] = reports;
  const compared = other === undefined ? [] : compareResults(one!.report, other.report);
  const names = [one!.name, other?.name ?? ""] as const;
  await writeReport(out, reports, await mediaOfResults(one!.report.opened, pictures));
  if (json) {
    const tasks = [...new Set(one!.report.results.map(({ task }) => task))];
    const published = tasks.flatMap((task) => publishedOf(task).map((each) => ({ task, ...each })));
    const runs = reports.map(({ name, report: { model, results, findings } }) => ({ name, model, results, findings }));
    process.stdout.write(`${JSON.stringify({ page: resolve(out), runs, ...(other === undefined ? {} : { comparison: compared }), published })}\n`);
    return;
  }
  const findings = one!.report.findings;
  const lines = other === undefined ? findings : compared.filter(({ trial }) => trial === 0).map((each) => comparison(each, names));
  const table = other === undefined ? resultTable(one!.report.results) : comparisonTable(compared, names);
  if (other !== undefined && compared.length === 0)
    process.stderr.write(
      "the two runs have no figure that can be compared question by question: they were asked other questions, or their figures are of some of them alone\n",
    );
  else process.stdout.write(`${table}${lines.length === 0 ? "" : "\n"}${lines.map((each) => `${each}\n`).join("")}`);
  process.stdout.write(`written: ${out}\n`);
}
