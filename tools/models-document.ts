/**
 * Measures how far every family is from its authors' code, with the tests of test/parity, and writes src/checkpoint/measured-differences.ts and docs/models.md.
 * node --conditions=flamingo-source tools/models-document.ts [--document]   (only the page, from what was measured last)
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const measurements = "src/checkpoint/measured-differences.ts";

async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-measured-"));
  const file = join(folder, "differences.jsonl");
  const { status } = spawnSync("npx", ["vitest", "run", "--project", "node", "test/parity"], { stdio: "inherit", env: { ...process.env, FLAMINGO_MEASURED: file } });
  if (status !== 0) throw new Error("the tests of test/parity fail: nothing was written");
  const largest = new Map<string, number>();
  for (const line of (await readFile(file, "utf8")).trim().split("\n")) {
    const { what, difference } = JSON.parse(line) as { what: string; difference: number };
    largest.set(what, Math.max(difference, largest.get(what) ?? 0));
  }
  await rm(folder, { recursive: true });
  const rows = [...largest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, difference]) => `  ${JSON.stringify(what)}: ${difference.toExponential(1)},`);
  await writeFile(
    measurements,
    `/** The largest differences from their authors' code that the tests of test/parity saw: written by tools/models-document.ts. */\nexport const measuredDifferences: Readonly<Record<string, number>> = {\n${rows.join("\n")}\n};\n`,
  );
}

if (!process.argv.includes("--document")) await measure();
const { modelsDocument } = await import("../src/cli/models.ts");
await writeFile("docs/models.md", modelsDocument());
