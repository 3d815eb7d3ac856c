import { mkdir, open, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../data/platform/node-write.ts";
import type { SupportSetFacts } from "./support-set-facts.ts";
import { factsOfFile, fileName, idOfFile, type KeptFile, makeRoom, type StoredSupportSet, type SupportSetFiles } from "./support-set-files.ts";

/** What a process left that was killed while it wrote, once it is so old in milliseconds. */
const abandoned = 3_600_000;

/** Support sets in files of one folder, up to a limit in bytes; the time of a file is that of its last use. */
export class SupportSetFolder implements SupportSetFiles {
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

  async write(id: string, bytes: Uint8Array): Promise<void> {
    await makeRoom(id, bytes.length, this.limit, await this.files(), (other) => this.remove(other));
    await writeWhole(this.pathOf(id), bytes, { shared: true });
  }

  async read(id: string): Promise<StoredSupportSet | undefined> {
    if (fileName(id) === undefined) return undefined;
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

  async touch(id: string): Promise<boolean> {
    if (fileName(id) === undefined) return false;
    const now = new Date();
    return utimes(this.pathOf(id), now, now).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
    );
  }

  async remove(id: string): Promise<boolean> {
    if (!(await this.has(id))) return false;
    await rm(this.pathOf(id), { force: true });
    return true;
  }

  async facts(id: string): Promise<SupportSetFacts | undefined> {
    return (await this.has(id)) ? this.factsOf(id, await this.identity()) : undefined;
  }

  async list(): Promise<SupportSetFacts[]> {
    const model = await this.identity();
    const facts = await Promise.all((await this.files()).map(({ id }) => this.factsOf(id, model)));
    return facts.filter((each) => each !== undefined);
  }

  /** @returns undefined where it is another model's, or damaged */
  private async factsOf(id: string, model: string): Promise<SupportSetFacts | undefined> {
    const file = await open(this.pathOf(id)).catch(() => undefined);
    try {
      if (file === undefined) return undefined;
      const { size, birthtimeMs } = await file.stat();
      const part = async (start: number, length: number): Promise<Uint8Array> => {
        const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, start);
        return buffer.subarray(0, bytesRead);
      };
      return await factsOfFile(id, size, Math.floor(birthtimeMs / 1000), part, model);
    } catch {
      return undefined;
    } finally {
      await file?.close();
    }
  }

  private async files(): Promise<KeptFile[]> {
    const ids = (await readdir(this.folder)).map(idOfFile).filter((id) => id !== undefined);
    return (await Promise.all(ids.map((id) => this.fileOf(id)))).filter((file) => file !== undefined);
  }

  private async fileOf(id: string): Promise<KeptFile | undefined> {
    if (fileName(id) === undefined) return undefined;
    return stat(this.pathOf(id)).then(
      ({ size, mtimeMs }) => ({ id, bytes: size, used: mtimeMs }),
      () => undefined,
    );
  }

  /** @param id - of which {@link fileName} knows */
  private pathOf(id: string): string {
    return join(this.folder, fileName(id)!);
  }
}
