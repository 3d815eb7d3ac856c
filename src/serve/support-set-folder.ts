import { mkdir, open, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { headerEnd, lengthBytes, parseSafetensorsHeader } from "../checkpoint/safetensors-header.ts";
import { writeWhole } from "../data/platform/node-write.ts";
import type { SupportSetFacts } from "./support-set-facts.ts";

const suffix = ".safetensors";
/** Of an id, which becomes the name of a file. */
const form = /^ss_[0-9a-f]{32}$/;
/** What a process left that was killed while it wrote, once it is so old in milliseconds. */
const abandoned = 3_600_000;

/** Support sets in files of one folder, up to a limit in bytes; the time of a file is that of its last use. Several servers may share it: a file is there whole or not at all, and its name says what it holds. */
export class SupportSetFolder {
  private readonly folder: string;
  private readonly limit: number;
  private readonly identity: () => Promise<string>;

  /** @param identity - of the model: several may share a folder, and each sees its own */
  constructor(folder: string, limit: number, identity: () => Promise<string>) {
    this.folder = folder;
    this.limit = limit;
    this.identity = identity;
  }

  /** Makes the folder, and tidies up what was not written to its end. @throws when it cannot be made */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      if (/^ss_[0-9a-f]{32}\.safetensors\.[\da-f]+\.tmp$/.test(name) && Date.now() - (await stat(path)).mtimeMs > abandoned) await rm(path, { force: true });
    }
  }

  /** Those used least recently make room first. @throws DataError when it cannot be written, or is larger than all may be together */
  async write(id: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length > this.limit)
      throw new Error(`the support set ${id} takes ${bytes.length} bytes on the disk, of which all together may take ${this.limit}`);
    const files = (await this.files()).sort((a, b) => a.used - b.used);
    let total = files.reduce((sum, file) => sum + file.bytes, bytes.length);
    for (const file of files) {
      if (total <= this.limit) break;
      await this.remove(file.id);
      total -= file.bytes;
    }
    await writeWhole(this.pathOf(id), bytes, { shared: true });
  }

  async read(id: string): Promise<{ readonly bytes: Uint8Array; readonly created: number } | undefined> {
    if (!form.test(id)) return undefined;
    try {
      const { birthtimeMs } = await stat(this.pathOf(id));
      const bytes = await readFile(this.pathOf(id));
      await this.touch(id);
      return { bytes, created: Math.floor(birthtimeMs / 1000) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async has(id: string): Promise<boolean> {
    return (await this.fileOf(id)) !== undefined;
  }

  /** Makes it the one used last. @returns whether it is there, as far as can be told */
  async touch(id: string): Promise<boolean> {
    const now = new Date();
    return utimes(this.pathOf(id), now, now).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
    );
  }

  /** @returns whether it was there */
  async remove(id: string): Promise<boolean> {
    if (!(await this.has(id))) return false;
    await rm(this.pathOf(id), { force: true });
    return true;
  }

  /** Those of this model. */
  async list(): Promise<SupportSetFacts[]> {
    const model = await this.identity();
    const facts = await Promise.all((await this.files()).map((file) => this.factsOf(file.id, model).catch(() => undefined)));
    return facts.filter((each) => each !== undefined);
  }

  private async factsOf(id: string, model: string): Promise<SupportSetFacts | undefined> {
    const file = await open(this.pathOf(id));
    try {
      const { size, birthtimeMs } = await file.stat();
      const fail = (problem: string): never => {
        throw new Error(problem);
      };
      const start = (await file.read(new Uint8Array(lengthBytes), 0, lengthBytes, 0)).buffer;
      const end = headerEnd(start, size, fail);
      const header = (await file.read(new Uint8Array(end - lengthBytes), 0, end - lengthBytes, lengthBytes)).buffer;
      const { metadata } = parseSafetensorsHeader(header, size - end, fail);
      if (metadata["model"] !== model) return undefined;
      const [examples, tokens, seconds] = ["examples", "tokens", "seconds"].map((name) => Number(metadata[name])) as [number, number, number];
      return { id, created: Math.floor(birthtimeMs / 1000), examples, tokens, bytes: size - end, seconds, inMemory: false, onDisk: true };
    } finally {
      await file.close();
    }
  }

  private async files(): Promise<{ readonly id: string; readonly bytes: number; readonly used: number }[]> {
    const ids = (await readdir(this.folder)).filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length));
    return (await Promise.all(ids.map((id) => this.fileOf(id)))).filter((file) => file !== undefined);
  }

  private async fileOf(id: string): Promise<{ readonly id: string; readonly bytes: number; readonly used: number } | undefined> {
    if (!form.test(id)) return undefined;
    return stat(this.pathOf(id)).then(
      ({ size, mtimeMs }) => ({ id, bytes: size, used: mtimeMs }),
      () => undefined,
    );
  }

  private pathOf(id: string): string {
    return join(this.folder, id + suffix);
  }
}
