/** Differences from what the authors' code computes, as the tests see them: `tools/models-document.ts` collects them for docs/models.md. */
import { appendFileSync } from "node:fs";

/** @param what - of `supportedModels` @returns the difference */
export function measured(what: string, difference: number): number {
  const file = process.env["FLAMINGO_MEASURED"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what, difference })}\n`);
  return difference;
}
