/**
 * Packs the package as it is published, and installs it into an empty project, without the network: what the package needs is in npm's cache since `npm ci`, and the project's lock is made from
 * ours. Once for all tests of this folder.
 */
import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

export interface Consumer {
  /** The project. The package lies in its `node_modules`. */
  readonly folder: string;
  readonly tarball: string;
  /** Paths in the package. */
  readonly files: readonly string[];
}

declare module "vitest" {
  interface ProvidedContext {
    consumer: Consumer;
  }
}

interface LockedPackage {
  readonly dev?: boolean;
  /** To the page's workspace, which nobody installs. */
  readonly link?: boolean;
}

const repository = fileURLToPath(new URL("../..", import.meta.url));

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-consumer-"));
  const [packed] = JSON.parse(npm(repository, ["pack", "--json", "--foreground-scripts=false", "--pack-destination", folder])) as [
    { filename: string; integrity: string; files: { path: string }[] },
  ];
  await writeFile(
    join(folder, "package.json"),
    json({ name: "consumer", private: true, type: "module", dependencies: { "flamingo-vlm": `file:${packed.filename}` } }),
  );
  await writeFile(join(folder, "package-lock.json"), json(await lockOf(packed.filename, packed.integrity)));
  npm(folder, ["ci", "--ignore-scripts", "--offline"]);
  await cp(join(repository, "test/package/page"), folder, { recursive: true });
  // The same model behind an address of the page's own server.
  await mkdir(join(folder, "public/models"), { recursive: true });
  await cp(join(folder, "node_modules/flamingo-vlm/models/nano"), join(folder, "public/models/nano"), {
    recursive: true,
    filter: (path) => !path.endsWith("evaluation"),
  });
  // "a dax" is a crab, "a blick" a tractor, and so is the question.
  for (const [name, picture] of [
    ["A", "noto/crab"],
    ["B", "noto/tractor"],
    ["C", "twemoji/tractor"],
  ])
    await cp(join(repository, `models/nano/drawings/${picture}.webp`), join(folder, `public/${name}.webp`));
  provide("consumer", { folder, tarball: join(folder, packed.filename), files: packed.files.map(({ path }) => path) });
  return () => rm(folder, { recursive: true });
}

/** The lock that npm would write, with the versions of ours. */
async function lockOf(tarball: string, integrity: string): Promise<object> {
  const [manifest, lock] = await Promise.all(
    ["package.json", "package-lock.json"].map(async (file) => JSON.parse(await readFile(join(repository, file), "utf8"))),
  );
  const { version, bin, dependencies, optionalDependencies } = manifest;
  const needed = Object.entries(lock.packages as Record<string, LockedPackage>).filter(
    ([path, { dev, link }]) => path.startsWith("node_modules/") && dev !== true && link !== true,
  );
  const own = { version, resolved: `file:${tarball}`, integrity, bin, dependencies, optionalDependencies };
  return {
    name: "consumer",
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": { name: "consumer", dependencies: { "flamingo-vlm": `file:${tarball}` } },
      "node_modules/flamingo-vlm": own,
      ...Object.fromEntries(needed),
    },
  };
}

function npm(cwd: string, parameters: readonly string[]): string {
  return execFileSync("npm", parameters, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function json(content: object): string {
  return JSON.stringify(content, undefined, 2);
}
