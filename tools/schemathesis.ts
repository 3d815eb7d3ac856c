/** Asks a server whatever its own description allows, and much that it does not: `node --conditions=flamingo-source tools/schemathesis.ts [cases of each operation]`. tools/ensure-python-clients.ts installs it. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Listening, listen, pngUrl } from "../test/serve/listening.ts";
import { pythonProgram } from "./python-clients.ts";

/** Every check that it has but two: what a description cannot say of a body is refused too, such as the order of messages; and a support set may be gone because others came. */
const excluded = "positive_data_acceptance,ensure_resource_availability";

/** @param cases - of each operation @returns what it says, and whether it found nothing */
export async function schemathesis({ url, model }: Listening, cases: number): Promise<{ readonly passed: boolean; readonly output: string }> {
  const folder = await mkdtemp(join(tmpdir(), "schemathesis-"));
  try {
    const child = spawn(
      pythonProgram("schemathesis"),
      [
        "run",
        `${url}/openapi.json`,
        "--checks",
        "all",
        "--exclude-checks",
        excluded,
        "--max-examples",
        String(cases),
        "--seed",
        "21",
        "--warnings",
        "off",
        "--no-color",
      ],
      {
        cwd: folder,
        env: {
          ...process.env,
          PYTHONPATH: fileURLToPath(new URL(".", import.meta.url)),
          SCHEMATHESIS_HOOKS: "schemathesis_hooks",
          FLAMINGO_MODEL: model.folder.description.name,
          FLAMINGO_PICTURE: await pngUrl(1),
        },
      },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => (output += bytes.toString()));
    const code = await new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
    return { passed: code === 0, output };
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const listening = await listen({ timeout: 20_000 });
  const { passed, output } = await schemathesis(listening, Number(process.argv[2] ?? 200));
  process.stdout.write(output);
  process.exitCode = passed ? 0 : 1;
  await listening.close();
}
