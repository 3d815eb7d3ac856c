import { writeWhole } from "../data/platform/node-write.ts";
import type { ShownMedia } from "../evaluate/shown-media.ts";
import type { NamedReport } from "./named-report.ts";
import { reportPage } from "./report-page.ts";
import { readReportPictures } from "./report-pictures.ts";

/** Writes the page of one run, or of two. @param media - where the pictures of the first lie */
export async function writeReport(file: string, reports: readonly NamedReport[], media: ShownMedia): Promise<void> {
  const shown = reports[0]!.report.samples.flatMap(({ examples, asked }) => [...examples, asked].flatMap((each) => each.media));
  const pictures = await readReportPictures(shown, media);
  const broken = [...pictures.values()].flatMap((each) => ("reason" in each ? [each.reason] : []));
  if (broken.length > 0) process.stderr.write(`${broken.length} of ${pictures.size} pictures are not in the report: ${broken[0]}\n`);
  await writeWhole(file, reportPage(reports, pictures), { makeFolders: true });
}
