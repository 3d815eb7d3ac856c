import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));

/**
 * The Python environment of the references, beside the project in `.cache/peers`; made once, and completed when its list of packages changes.
 * @returns the path of its interpreter
 */
export async function pythonEnvironment(show: (message: string) => void): Promise<string> {
  const folder = fileURLToPath(new URL("../../.cache/peers", import.meta.url));
  const python = join(folder, "bin", "python");
  const wanted = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex");
  const marker = join(folder, "requirements.sha256");
  if ((await readFile(marker, "utf8").catch(() => "")) === wanted) return python;
  show("making the Python environment of the references in .cache/peers (several GB, once)");
  await mkdir(folder, { recursive: true });
  try {
    await run("python3", ["-m", "venv", folder]);
    const pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] as const;
    await run(pip[0], [...pip.slice(1), "-r", requirements], { maxBuffer: 1 << 26 });
    // What open-flamingo names as its requirements is for training and from another year.
    await run(pip[0], [...pip.slice(1), "--no-deps", "open-flamingo==2.0.1"], { maxBuffer: 1 << 26 });
  } catch (error) {
    throw new Error(
      `the reference's Python environment cannot be made (${(error as Error).message}); it needs python3 of 3.9 or later with venv, and a package registry`,
      {
        cause: error,
      },
    );
  }
  await writeFile(marker, wanted);
  return python;
}
