import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DataError } from "../../src/data/errors.ts";
import { writeWhole } from "../../src/data/platform/node-write.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-write-"));
  file = join(folder, "file");
  await writeFile(file, "before");
});
afterEach(() => rm(folder, { recursive: true }));

it("writes what was asked for, and nothing else is left", async () => {
  await writeWhole(file, "now");
  await writeWhole(join(folder, "bytes"), Uint8Array.of(1, 2), { durable: true });
  expect(await readFile(file, "utf8")).toBe("now");
  expect([...(await readFile(join(folder, "bytes")))]).toEqual([1, 2]);
  expect((await readdir(folder)).sort()).toEqual(["bytes", "file"]);
});

it("keeps what was there when the disk is full", async () => {
  // This device answers every write as a full disk does.
  await symlink("/dev/full", `${file}.${process.pid}.tmp`);
  await expect(writeWhole(file, "now")).rejects.toThrow(new DataError(`${file} cannot be written: no space left on device`));
  expect(await readFile(file, "utf8")).toBe("before");
  expect(await readdir(folder)).toEqual(["file"]);
});

it("makes folders only when told to", async () => {
  await expect(writeWhole(join(folder, "a/b"), "now")).rejects.toThrow(/a\/b cannot be written: no such file or directory$/);
  await writeWhole(join(folder, "a/b"), "now", { makeFolders: true });
  expect(await readFile(join(folder, "a/b"), "utf8")).toBe("now");
});

it("writes through a link, and into a device that stays one", async () => {
  await symlink("file", join(folder, "link"));
  await writeWhole(join(folder, "link"), "now");
  expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
  expect(await readFile(file, "utf8")).toBe("now");
  await writeWhole("/dev/null", "now");
  await expect(writeWhole("/dev/full", "now")).rejects.toThrow("/dev/full cannot be written: no space left on device");
  for (const device of ["/dev/null", "/dev/full"]) expect((await lstat(device)).isCharacterDevice()).toBe(true);
});

it("says what is in the way", async () => {
  await mkdir(join(folder, "taken"));
  await expect(writeWhole(join(folder, "taken"), "now")).rejects.toThrow(/taken cannot be written: illegal operation on a directory$/);
  await expect(writeWhole(join(file, "below"), "now")).rejects.toThrow(/file\/below cannot be written: not a directory$/);
  expect((await readdir(folder)).sort()).toEqual(["file", "taken"]);
});
