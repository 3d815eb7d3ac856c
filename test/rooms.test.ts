import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** One import that the law of the rooms forbids, and the rule that must catch it. */
const breaches: readonly { readonly file: string; readonly imports: string; readonly rule: string }[] = [
  { file: "src/graph/breach.ts", imports: "../cli/errors.ts", rule: "graph-imports-nothing-later" },
  { file: "src/data/breach.ts", imports: "../generate/medium.ts", rule: "data-imports-nothing-later" },
  { file: "src/nn/breach.ts", imports: "../index.ts", rule: "nn-imports-nothing-later" },
  { file: "src/model/breach.ts", imports: "../runtime/runtime.ts", rule: "models-are-only-descriptions" },
  { file: "src/data/model-breach.ts", imports: "../model/config.ts", rule: "data-knows-no-model" },
  { file: "src/train/breach.ts", imports: "node:fs", rule: "node-in-platform-files-only" },
  { file: "src/generate/breach.ts", imports: "onnxruntime-node", rule: "onnxruntime-in-the-runtime" },
  { file: "src/train/platform-breach.ts", imports: "./platform/node-run-files.ts", rule: "platform-files-behind-the-platform" },
  { file: "src/misplaced/breach.ts", imports: "../index.ts", rule: "every-file-in-a-room" },
  { file: "src/nn/outside-breach.ts", imports: "../misplaced/breach.ts", rule: "no-import-from-outside-the-rooms" },
  { file: "recipes/breach/breach.ts", imports: "../../src/graph/graph.ts", rule: "outsiders-use-the-front-door" },
  { file: "playground/breach.ts", imports: "../src/graph/graph.ts", rule: "outsiders-use-the-front-door" },
  { file: "src/nn/circle.ts", imports: "./circle.ts", rule: "no-cycles" },
];

/** The names of the rules that the check reports, each with the file that breaks it. */
function violations(folder: string): readonly string[] {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs"),
      "--config",
      "dependency-cruiser.config.cjs",
      "--output-type",
      "json",
      "src",
      "recipes",
      "playground",
    ],
    {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    },
  );
  if (stdout === "") throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } };
  return summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
}

describe("the law of the rooms", () => {
  let copy: string;

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), "flamingo-rooms-"));
    for (const each of ["src", "recipes", "playground", "package.json", "tsconfig.json", "tsconfig.node.json", "dependency-cruiser.config.cjs"])
      await cp(join(root, each), join(copy, each), { recursive: true });
    await symlink(join(root, "node_modules"), join(copy, "node_modules"));
  });

  afterAll(() => rm(copy, { recursive: true, force: true }));

  it("holds, and every planted breach of it is seen", async () => {
    expect(violations(copy)).toEqual([]);
    for (const { file, imports } of breaches) {
      await mkdir(dirname(join(copy, file)), { recursive: true });
      // Imports of types count too.
      await writeFile(join(copy, file), `import type * as forbidden from "${imports}";\nexport type Breach = typeof forbidden;\n`);
    }
    const seen = violations(copy);
    for (const { file, rule } of breaches) expect(seen).toContain(`${rule}: ${file}`);
  });
});
